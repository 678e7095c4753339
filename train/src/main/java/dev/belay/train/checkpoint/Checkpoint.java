package dev.belay.train.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A checkpoint that was found whole: every file has the SHA-256 of its manifest.
 *
 * @param directory where it lies
 * @param model the model's variables by name, a new head's among them
 * @param state where the run stood
 */
public record Checkpoint(Path directory, BundleContents model, CheckpointState state) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NAME = Pattern.compile("step-\\d{8,}");

  /** {@code step-00000100}. */
  public static String name(long step) {
    return "step-%08d".formatted(step);
  }

  /**
   * Opens a checkpoint.
   *
   * @throws CorruptModelException if a file is missing or is not what the manifest says
   */
  public static Checkpoint open(Path directory) throws IOException {
    Path manifest = directory.resolve("manifest.json");
    if (!Files.isRegularFile(manifest)) {
      throw new CorruptModelException(
          manifest, "checkpoint", "the manifest that ends every checkpoint", "no such file");
    }
    JsonNode hashes = json(manifest).path("sha256");
    for (Map.Entry<String, JsonNode> entry : hashes.properties()) {
      Path file = directory.resolve(entry.getKey());
      String found = Files.isRegularFile(file) ? Provenance.sha256(file) : "no such file";
      if (!found.equals(entry.getValue().asText())) {
        throw new CorruptModelException(
            file, "SHA-256", entry.getValue().asText() + " as in manifest.json", found);
      }
    }
    Path stateFile = directory.resolve("state.json");
    try {
      CheckpointState state = JSON.treeToValue(json(stateFile), CheckpointState.class);
      return new Checkpoint(directory, BundleReader.open(directory.resolve("model")), state);
    } catch (JacksonException e) {
      throw new CorruptModelException(
          stateFile, "JSON", "the state of a run", e.getOriginalMessage());
    }
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }

  /** Whether a directory is named and built as a checkpoint. */
  public static boolean isCheckpoint(Path directory) {
    return NAME.matcher(directory.getFileName().toString()).matches()
        && Files.isDirectory(directory);
  }

  /** The newest checkpoint in a folder. */
  public static Optional<Path> newest(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(checkpoints)) {
      return entries
          .filter(Checkpoint::isCheckpoint)
          .max(Comparator.comparing(path -> path.getFileName().toString()));
    }
  }
}
