package dev.belay.train.resume;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Start of a run: from the beginning or from a checkpoint.
 *
 * @param checkpoint the checkpoint to resume from; empty: the beginning
 * @param own whether the checkpoint is in the run directory itself, so that its logs are continued
 * @param finished whether the run is already complete
 * @param changed whether options differ from those of the run that is resumed
 * @param notes remarks for people: checkpoints that were passed over, options that changed
 */
public record RunStart(
    Optional<Checkpoint> checkpoint,
    boolean own,
    boolean finished,
    boolean changed,
    List<String> notes) {

  private static final RunStart ANEW =
      new RunStart(Optional.empty(), true, false, false, List.of());

  /** A run directory that was searched for a checkpoint, with the result. */
  private record Source(RunDirectory run, CheckpointFolder.Found found) {}

  /**
   * Looks at what there is, and changes nothing.
   *
   * @param directory held by the caller
   * @param facts entries of run.json about model and data
   * @throws ConfigException if options, model or data are not what they were, and that was not
   *     allowed
   * @throws CorruptModelException if there are checkpoints and none of them is whole
   */
  public static RunStart find(TrainConfig config, RunDirectory directory, Map<String, Object> facts)
      throws IOException {
    Optional<Source> source =
        switch (config.resume().mode()) {
          case NEVER -> Optional.empty();
          case AUTO -> newest(directory);
          case FROM -> Optional.of(named(config.resume().checkpoint().orElseThrow()));
        };
    if (source.isEmpty() || source.get().found().checkpoint().isEmpty()) {
      return ANEW;
    }
    return from(config, directory, facts, source.get());
  }

  private static Optional<Source> newest(RunDirectory run) throws IOException {
    if (!RunDirectory.isRun(run.root())) {
      if (Checkpoint.newest(run.checkpoints()).isPresent()) {
        throw new CorruptModelException(
            run.root(),
            "run directory",
            "config.json and run.json, beside its checkpoints",
            "not both. Restore them to resume, or choose another directory");
      }
      return Optional.empty();
    }
    CheckpointFolder.Found found =
        new CheckpointFolder(run.checkpoints(), OptionalInt.empty()).newestWhole();
    if (found.checkpoint().isEmpty() && !found.damaged().isEmpty()) {
      throw new CorruptModelException(
          run.checkpoints(),
          "checkpoints",
          "a complete one to resume from",
          found.damaged().size()
              + " that are damaged: "
              + String.join("; ", found.damaged())
              + ". To train from the start, remove the directory or name another");
    }
    return Optional.of(new Source(run, found));
  }

  private static Source named(Path given) throws IOException {
    Path path = given.toAbsolutePath().normalize();
    if (Files.exists(path) && Checkpoint.isCheckpoint(path)) {
      return new Source(
          new RunDirectory(path.getParent().getParent()),
          new CheckpointFolder.Found(Optional.of(Checkpoint.open(path)), List.of()));
    }
    Optional<Source> run = newest(new RunDirectory(path));
    if (run.isEmpty() || run.get().found().checkpoint().isEmpty()) {
      throw new ConfigException(
          "--resume", "auto, never, a checkpoint or a run that has one", given);
    }
    return run.get();
  }

  private static RunStart from(
      TrainConfig config, RunDirectory directory, Map<String, Object> facts, Source source)
      throws IOException {
    Checkpoint checkpoint = source.found().checkpoint().orElseThrow();
    boolean own = Files.isSameFile(source.run().root(), directory.root());
    Changes changes = Changes.since(source.run(), config, facts);
    List<String> refused = new ArrayList<>();
    changes.serious().forEach(change -> refused.add(change.toString()));
    if (own) {
      newer(directory, checkpoint).forEach(path -> refused.add(path + ": newer, will be removed"));
    }
    if (!refused.isEmpty() && !config.resume().allowChanges()) {
      throw new ConfigException(refusal(source.run(), checkpoint, refused));
    }
    boolean finished = own && refused.isEmpty() && FinishedRun.of(source.run()).isPresent();
    List<String> notes = new ArrayList<>();
    source.found().damaged().forEach(damage -> notes.add("skipped and removed: " + damage));
    refused.forEach(change -> notes.add("as allowed: " + change));
    changes.harmless().forEach(change -> notes.add(change.toString()));
    return new RunStart(
        Optional.of(checkpoint), own, finished, !changes.serious().isEmpty(), notes);
  }

  /** Whole checkpoints of the same run that going back to an older one makes void. */
  private static List<Path> newer(RunDirectory directory, Checkpoint checkpoint)
      throws IOException {
    List<Path> newer = new ArrayList<>();
    for (Path path : Checkpoint.newestFirst(directory.checkpoints())) {
      if (path.getFileName().toString().compareTo(Checkpoint.name(checkpoint.state().step())) > 0
          && Checkpoint.isWhole(path)) {
        newer.add(path);
      }
    }
    return newer;
  }

  private static String refusal(RunDirectory run, Checkpoint checkpoint, List<String> changes) {
    return "--resume: "
        + run.root()
        + " was started with other settings, and resuming with new ones gives a run that is "
        + "neither:"
        + changes.stream().map(change -> "\n  " + change).reduce("", String::concat)
        + "\nUse the earlier settings to resume from step "
        + checkpoint.state().step()
        + ", or add --allow-changes to resume with the new ones, or choose another --output-dir "
        + "to start a new run.";
  }
}
