package dev.belay.train.config;

import java.nio.file.Path;
import java.util.Optional;

/** Start of a run in a directory that may hold an earlier one. */
@Section.Of(Section.RUN)
public record ResumeConfig(
    @Option(
            name = "resume",
            label = "auto|never|PATH",
            help =
                "Where to start: auto resumes from the newest complete checkpoint of the run "
                    + "directory, never requires a new directory, PATH is a checkpoint or a run.",
            defaultValue = "auto",
            place = -2,
            onResume = Option.OnResume.IGNORE,
            identifiesSweep = false)
        String from,
    @Option(
            name = "allow-changes",
            help =
                "Resume even if options, model or data differ from those that the run was "
                    + "started with.",
            place = -2,
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "arms are only comparable if all have the same options",
            identifiesSweep = false)
        boolean allowChanges) {

  /** Start of a run. */
  public enum Mode {
    /** At the newest whole checkpoint of its directory; without one, at the beginning. */
    AUTO,
    /** At the beginning, in a directory that is new or empty. */
    NEVER,
    /** At a given checkpoint. */
    FROM
  }

  /** Start of the run. */
  public Mode mode() {
    return switch (from) {
      case "auto" -> Mode.AUTO;
      case "never" -> Mode.NEVER;
      default -> Mode.FROM;
    };
  }

  /** A checkpoint, or a run for its newest checkpoint; present only in mode FROM. */
  public Optional<Path> checkpoint() {
    return mode() == Mode.FROM ? Optional.of(Path.of(from)) : Optional.empty();
  }

  /** Defaults of the command line. */
  public static ResumeConfig defaults() {
    return ConfigBinder.defaults(ResumeConfig.class);
  }
}
