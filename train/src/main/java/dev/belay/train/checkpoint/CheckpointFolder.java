package dev.belay.train.checkpoint;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The checkpoints of one run: written in order, the oldest removed beyond a limit. */
public final class CheckpointFolder {
  private final Path folder;
  private final OptionalInt limit;

  /**
   * A folder, made with its first checkpoint.
   *
   * @param limit number of checkpoints to keep, besides the best one
   */
  public CheckpointFolder(Path folder, OptionalInt limit) {
    this.folder = folder;
    this.limit = limit;
  }

  /**
   * Result of a search for checkpoints.
   *
   * @param checkpoint the newest whole checkpoint, if there is one
   * @param damaged the damage of each newer one, one sentence each
   */
  public record Found(Optional<Checkpoint> checkpoint, List<String> damaged) {}

  /** The newest checkpoint that is whole. */
  public Found newestWhole() throws IOException {
    return newestOf(Checkpoint.newestFirst(folder));
  }

  /** The newest whole checkpoint that an uninterrupted run would have too. */
  public Found newestScheduled() throws IOException {
    List<Path> scheduled = new ArrayList<>();
    for (Path directory : Checkpoint.newestFirst(folder)) {
      if (!Checkpoint.isInterim(directory)) {
        scheduled.add(directory);
      }
    }
    return newestOf(scheduled);
  }

  private static Found newestOf(List<Path> newestFirst) throws IOException {
    List<String> damaged = new ArrayList<>();
    for (Path directory : newestFirst) {
      try {
        return new Found(Optional.of(Checkpoint.open(directory)), damaged);
      } catch (CorruptModelException e) {
        damaged.add(e.getMessage());
      }
    }
    return new Found(Optional.empty(), damaged);
  }

  /** Folder of the checkpoint of a step, which may not exist yet. */
  public Path of(long step) {
    return folder.resolve(Checkpoint.name(step));
  }

  /** Opens the checkpoint of a step. */
  public Checkpoint open(long step) throws IOException {
    return Checkpoint.open(of(step));
  }

  /**
   * Writes a checkpoint. One that is there under this name is of another course of the run, or
   * damaged: it gives way.
   */
  public Path save(NamedTensors model, NamedTensors optimizer, CheckpointState state)
      throws IOException {
    Path target = of(state.step());
    if (Files.exists(target)) {
      AtomicDirectory.remove(target);
    }
    CheckpointWriter.write(target, model, optimizer, state);
    return target;
  }

  /**
   * Removes what is over the limit, the oldest first. Those that a stop left do not count, so that
   * they cost none of the others; each goes when there is a newer one.
   *
   * @param keep a step whose checkpoint is never removed, 0 for none
   */
  public void trim(long keep) throws IOException {
    if (limit.isPresent()) {
      removeOldest(limit.getAsInt(), of(keep));
    }
  }

  /** Removes what a killed process left unfinished. Only the owner of the run may. */
  public void removeUnfinished() throws IOException {
    AtomicDirectory.removeUnfinished(folder);
  }

  /** Removes the checkpoints of a course that the run does not take any more. */
  public void removeAfter(long step) throws IOException {
    for (Path directory : Checkpoint.newestFirst(folder)) {
      if (Checkpoint.step(directory) > step) {
        AtomicDirectory.remove(directory);
      }
    }
  }

  private void removeOldest(int kept, Path best) throws IOException {
    List<Path> newestFirst = Checkpoint.newestFirst(folder);
    int counted = 0;
    for (Path path : newestFirst) {
      boolean interim = Checkpoint.isInterim(path);
      if (!interim && !path.equals(best)) {
        counted++;
      }
      boolean old = interim ? !path.equals(newestFirst.get(0)) : counted > kept;
      if (old && !path.equals(best)) {
        AtomicDirectory.remove(path);
      }
    }
  }
}
