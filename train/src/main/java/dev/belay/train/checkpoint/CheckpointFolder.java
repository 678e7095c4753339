package dev.belay.train.checkpoint;

import dev.belay.train.checkpoint.CheckpointWriter.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The checkpoints of one run: written in order, the oldest removed beyond a limit. */
public final class CheckpointFolder {
  private final Path folder;
  private final OptionalInt limit;

  /**
   * A folder, made with its first checkpoint.
   *
   * @param limit how many to keep; the best one is kept apart from them
   */
  public CheckpointFolder(Path folder, OptionalInt limit) {
    this.folder = folder;
    this.limit = limit;
  }

  /**
   * Writes a checkpoint, then removes what is over the limit.
   *
   * @param keep a step whose checkpoint is never removed, 0 for none
   */
  public Path save(Values model, Values optimizer, CheckpointState state, long keep)
      throws IOException {
    Path target = folder.resolve(Checkpoint.name(state.step()));
    if (!Files.exists(target)) {
      CheckpointWriter.write(target, model, optimizer, state);
    }
    if (limit.isPresent()) {
      removeOldest(limit.getAsInt(), Checkpoint.name(keep));
    }
    return target;
  }

  /** Opens the checkpoint of a step. */
  public Checkpoint open(long step) throws IOException {
    return Checkpoint.open(folder.resolve(Checkpoint.name(step)));
  }

  /** Opens the newest checkpoint. */
  public Optional<Checkpoint> newest() throws IOException {
    Optional<Path> newest = Checkpoint.newest(folder);
    return newest.isPresent() ? Optional.of(Checkpoint.open(newest.get())) : Optional.empty();
  }

  private void removeOldest(int kept, String best) throws IOException {
    List<Path> newestFirst;
    try (Stream<Path> entries = Files.list(folder)) {
      newestFirst =
          entries
              .filter(Checkpoint::isCheckpoint)
              .filter(path -> !path.getFileName().toString().equals(best))
              .sorted(Comparator.comparing((Path path) -> path.getFileName().toString()).reversed())
              .toList();
    }
    for (Path old : newestFirst.subList(Math.min(kept, newestFirst.size()), newestFirst.size())) {
      delete(old);
    }
  }

  private static void delete(Path directory) throws IOException {
    // The manifest goes first: what is left of an interrupted removal is no checkpoint.
    Files.deleteIfExists(directory.resolve("manifest.json"));
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path file : entries.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
