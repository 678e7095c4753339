package dev.belay.train.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run does with what is in its directory already.
 *
 * @param mode where to begin
 * @param checkpoint a checkpoint, or a run whose newest one is meant; only of mode FROM
 * @param allowChanges whether it may go on with other data, another model or other options than
 *     before
 */
public record ResumeConfig(Mode mode, Optional<Path> checkpoint, boolean allowChanges) {

  /** Where a run begins. */
  public enum Mode {
    /** At the newest checkpoint of its directory that is whole; without one, at the start. */
    AUTO,
    /** At the start, in a directory that is new or empty. */
    NEVER,
    /** At a checkpoint that is named. */
    FROM
  }

  /** Refuses a mode that says one thing and a path that says another. */
  public ResumeConfig {
    if ((mode == Mode.FROM) != checkpoint.isPresent()) {
      throw new IllegalArgumentException(mode + " with checkpoint " + checkpoint);
    }
  }

  /** What the command line takes without options. */
  public static ResumeConfig defaults() {
    return new ResumeConfig(Mode.AUTO, Optional.empty(), false);
  }

  /** As the command line spells it: auto, never or a path. */
  public static ResumeConfig of(String text, boolean allowChanges) {
    return switch (text) {
      case "auto" -> new ResumeConfig(Mode.AUTO, Optional.empty(), allowChanges);
      case "never" -> new ResumeConfig(Mode.NEVER, Optional.empty(), allowChanges);
      default -> new ResumeConfig(Mode.FROM, Optional.of(Path.of(text)), allowChanges);
    };
  }

  /** As the command line spells it. */
  public String text() {
    return switch (mode) {
      case AUTO -> "auto";
      case NEVER -> "never";
      case FROM -> checkpoint.orElseThrow().toString();
    };
  }
}
