package dev.belay.train.config;

import java.util.OptionalInt;

/**
 * Where it runs.
 *
 * @param device {@code auto}, {@code cpu} or {@code gpu:N}
 * @param threads TensorFlow's threads; empty: as many as this process may use
 * @param seed of data order, dropout and new heads
 */
public record MachineConfig(String device, OptionalInt threads, long seed) {

  public static final String DEFAULT_DEVICE = "auto";
  public static final long DEFAULT_SEED = 42;

  public MachineConfig {
    if (!device.matches("auto|cpu|gpu:\\d{1,3}")) {
      throw new ConfigException("--device", "auto, cpu or gpu:N", device);
    }
    threads.ifPresent(count -> Check.atLeast("--threads", 1, count));
  }
}
