package dev.belay.train.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes a checkpoint: {@code model} and {@code optimizer} as TensorFlow checkpoints, {@code
 * state.json} with the position of the run, and last {@code manifest.json} with the SHA-256 of
 * every other file. The directory appears under its name when all of it is on the disk.
 */
public final class CheckpointWriter {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private CheckpointWriter() {}

  /** Variables with their values, handed over one by one. */
  @FunctionalInterface
  public interface Values {
    /** Hands over every variable. */
    void forEach(Sink sink) throws IOException;
  }

  /** Takes variables. */
  @FunctionalInterface
  public interface Sink {
    /** Takes one; the elements are little-endian. */
    void accept(String name, TensorSpec spec, ByteBuffer elements) throws IOException;
  }

  /**
   * Writes one checkpoint.
   *
   * @param target a directory that does not exist yet
   * @param model the model's variables, a new head's among them
   * @param optimizer slots and beta powers
   * @param state what else it takes to go on
   */
  public static void write(Path target, Values model, Values optimizer, CheckpointState state)
      throws IOException {
    Files.createDirectories(target.toAbsolutePath().getParent());
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      writeBundle(directory.path().resolve("model"), model);
      writeBundle(directory.path().resolve("optimizer"), optimizer);
      Files.write(directory.path().resolve("state.json"), JSON.writeValueAsBytes(state));
      Files.write(
          directory.path().resolve("manifest.json"),
          JSON.writeValueAsBytes(Map.of("sha256", hashes(directory.path()))));
      directory.commit();
    }
  }

  private static void writeBundle(Path prefix, Values values) throws IOException {
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      values.forEach(writer::add);
      writer.commit();
    }
  }

  private static Map<String, String> hashes(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> entries = Files.list(directory)) {
      files = entries.sorted().toList();
    }
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Path file : files) {
      hashes.put(file.getFileName().toString(), Provenance.sha256(file));
    }
    return hashes;
  }
}
