package dev.belay.train.sandbox;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.doctor.UsableMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Resource limits of a sandbox process.
 *
 * @param residentBytes resident memory of the process
 * @param processor processor time of all its threads
 * @param wall wall-clock time, for a process that only waits
 */
record SandboxLimits(long residentBytes, Duration processor, Duration wall) {
  /** TensorFlow, Java and the graph of a model, in bytes. */
  private static final long LEAST_BYTES = 3L << 30;

  /** Values, gradients and intermediate tensors, for each byte of the variables. */
  private static final long TIMES_VARIABLES = 8;

  private static final Duration PROCESSOR = Duration.ofMinutes(2);
  private static final Duration PROCESSOR_EACH_GIGABYTE = Duration.ofMinutes(2);
  private static final Duration WALL = Duration.ofMinutes(10);

  /** For a model in a folder: the larger its variables, the more. */
  static SandboxLimits of(Path model) throws IOException {
    long variables = bytes(model.resolve(ModelFiles.VARIABLES));
    long wanted = LEAST_BYTES + TIMES_VARIABLES * Math.min(variables, Long.MAX_VALUE >> 8);
    return new SandboxLimits(
        Math.min(wanted, available()),
        PROCESSOR.plus(PROCESSOR_EACH_GIGABYTE.multipliedBy(variables >> 30)),
        WALL);
  }

  private static long bytes(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    long bytes = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  /** Nine tenths of what the system says it can give; a trial must not starve the machine. */
  private static long available() {
    return UsableMemory.ofThisMachine().stream()
        .map(bytes -> bytes / 10 * 9)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }
}
