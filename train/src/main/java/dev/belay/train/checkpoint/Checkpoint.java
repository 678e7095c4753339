package dev.belay.train.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A checkpoint that was found whole: every file has the SHA-256 of its manifest.
 *
 * @param directory folder of the checkpoint
 * @param model the model's variables by name, a new head's among them
 * @param optimizer slots and beta powers by name
 * @param state state of the run
 */
public record Checkpoint(
    Path directory, BundleContents model, BundleContents optimizer, CheckpointState state) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NAME = Pattern.compile("step-\\d{8,18}");

  /** {@code step-00000100}. */
  public static String name(long step) {
    return "step-%08d".formatted(step);
  }

  /** The step in the name of a checkpoint. */
  static long step(Path directory) {
    return Long.parseLong(directory.getFileName().toString().substring("step-".length()));
  }

  /**
   * Opens a checkpoint.
   *
   * @throws CorruptModelException if a file is missing or is not what the manifest says
   */
  public static Checkpoint open(Path directory) throws IOException {
    Manifest.verify(directory, CheckpointWriter.FILES);
    Path state = directory.resolve(CheckpointWriter.STATE);
    try {
      return new Checkpoint(
          directory,
          BundleReader.open(directory.resolve(CheckpointWriter.MODEL)),
          BundleReader.open(directory.resolve(CheckpointWriter.OPTIMIZER)),
          JSON.readValue(Files.readAllBytes(state), CheckpointState.class));
    } catch (JacksonException e) {
      throw new CorruptModelException(state, "JSON", "the state of a run", e.getOriginalMessage());
    }
  }

  /** Whether a directory is named and built as a checkpoint. */
  public static boolean isCheckpoint(Path directory) {
    return NAME.matcher(directory.getFileName().toString()).matches()
        && Files.isDirectory(directory);
  }

  /** Whether it says that it is no more than a stop on the way; a damaged one says nothing. */
  static boolean isInterim(Path directory) throws IOException {
    try {
      return JSON.readTree(directory.resolve(CheckpointWriter.STATE).toFile())
          .path("interim")
          .asBoolean();
    } catch (FileNotFoundException | JacksonException e) {
      return false;
    }
  }

  /** Whether every file is what the manifest says. */
  public static boolean isWhole(Path directory) throws IOException {
    try {
      Manifest.verify(directory, CheckpointWriter.FILES);
      return true;
    } catch (CorruptModelException e) {
      return false;
    }
  }

  /** The checkpoints in a folder, the newest first, whole or not. */
  public static List<Path> newestFirst(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(checkpoints)) {
      return entries
          .filter(Checkpoint::isCheckpoint)
          .sorted(Comparator.comparingLong(Checkpoint::step).reversed())
          .toList();
    }
  }

  /** The newest checkpoint in a folder. */
  public static Optional<Path> newest(Path checkpoints) throws IOException {
    return newestFirst(checkpoints).stream().findFirst();
  }
}
