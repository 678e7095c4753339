package dev.belay.train.run;

import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Owns a temporary directory in which a worker other than the chief keeps its records, which nobody
 * reads; close it to remove it.
 */
public record ScratchDirectory(Path root) implements AutoCloseable {

  /** Creates one. */
  public static ScratchDirectory create() throws IOException {
    return new ScratchDirectory(Files.createTempDirectory("belay-worker"));
  }

  /** The same run, which writes here and no reports. */
  public TrainConfig in(TrainConfig config) {
    return config.toBuilder()
        .outputDirectory(root)
        .option("resume", "never")
        .option("report", List.of("none"))
        .build();
  }

  @Override
  public void close() {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      root.toFile().deleteOnExit();
    }
  }
}
