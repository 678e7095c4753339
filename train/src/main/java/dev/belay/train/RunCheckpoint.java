package dev.belay.train;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.loop.RunCallbacks;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The checkpoint of a run to use.
 *
 * @param directory of the checkpoint
 * @param notes remarks about the choice, for people
 */
public record RunCheckpoint(Path directory, List<String> notes) {
  /** The newest checkpoint that is whole. */
  public static final String LATEST = "latest";

  /** The checkpoint with the best metric, if the run kept it. */
  public static final String BEST = "best";

  /** The directory of the run that it belongs to. */
  public RunDirectory run() {
    return new RunDirectory(directory.getParent().getParent());
  }

  /**
   * Chooses a checkpoint of a run.
   *
   * @param run a run directory, or one of its checkpoints, which is then the choice
   * @param choice {@link #LATEST}, {@link #BEST}, or the path or name of a checkpoint; empty: the
   *     best where the run kept one, else the latest
   * @throws ModelException if there is no run, or no such checkpoint in it
   * @throws CorruptModelException if there are checkpoints and none of them is whole
   */
  public static RunCheckpoint choose(Path run, Optional<String> choice) throws IOException {
    Path path = run.toAbsolutePath().normalize();
    if (Checkpoint.isCheckpoint(path)) {
      if (choice.isPresent()) {
        throw new ConfigException(
            "--checkpoint", "a run directory to choose a checkpoint of", run + ", which is one");
      }
      return new RunCheckpoint(path, List.of());
    }
    if (!RunDirectory.isRun(path)) {
      throw new ModelException(
          run + ": expected a run directory of `belay train`, or one of its checkpoints");
    }
    String wanted = choice.orElse("");
    return wanted.isEmpty() || wanted.equals(LATEST) || wanted.equals(BEST)
        ? ofRun(run, wanted)
        : named(path, wanted);
  }

  private static RunCheckpoint ofRun(Path run, String wanted) throws IOException {
    Path checkpoints = new RunDirectory(run.toAbsolutePath().normalize()).checkpoints();
    CheckpointFolder folder = new CheckpointFolder(checkpoints, OptionalInt.empty());
    CheckpointFolder.Found found = folder.newestWhole();
    if (found.checkpoint().isEmpty()) {
      if (!found.damaged().isEmpty()) {
        throw new CorruptModelException(
            checkpoints,
            "checkpoints",
            "one that is whole",
            found.damaged().size() + " that are damaged: " + String.join("; ", found.damaged()));
      }
      throw new ModelException(
          run + ": the run has no checkpoint in " + checkpoints + " to export");
    }
    List<String> notes = new ArrayList<>();
    found.damaged().forEach(damage -> notes.add("skipped: " + damage));
    Checkpoint newest = found.checkpoint().get();
    long best = wanted.equals(LATEST) ? 0 : RunCallbacks.bestKept(newest.state());
    if (best > 0 && Files.isDirectory(folder.of(best))) {
      notes.add(
          "the best checkpoint, of step "
              + best
              + (best == newest.state().step()
                  ? ", which is the latest too"
                  : "; --checkpoint latest takes that of step " + newest.state().step()));
      return new RunCheckpoint(folder.of(best), notes);
    }
    if (wanted.equals(BEST)) {
      throw new ModelException(
          run
              + ": the run kept no best checkpoint; one that is trained with"
              + " --load-best-model-at-end does. --checkpoint latest takes that of step "
              + newest.state().step());
    }
    notes.add("the latest checkpoint, of step " + newest.state().step());
    return new RunCheckpoint(newest.directory(), notes);
  }

  private static RunCheckpoint named(Path run, String wanted) {
    Path inRun = new RunDirectory(run).checkpoints().resolve(wanted).normalize();
    for (Path path : List.of(inRun, Path.of(wanted).toAbsolutePath().normalize())) {
      if (Files.isDirectory(path) && Checkpoint.isCheckpoint(path)) {
        return new RunCheckpoint(path, List.of());
      }
    }
    throw new ConfigException(
        "--checkpoint", "latest, best, or a checkpoint such as " + Checkpoint.name(100), wanted);
  }
}
