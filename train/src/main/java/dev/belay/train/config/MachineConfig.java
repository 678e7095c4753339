package dev.belay.train.config;

import java.util.OptionalInt;

/**
 * Where it runs.
 *
 * @param device {@code auto}, {@code cpu} or {@code gpu:N}
 * @param threads TensorFlow's threads; empty: as many as this process may use
 * @param seed of data order, dropout and new heads
 * @param gpu how GPUs are used
 */
public record MachineConfig(String device, OptionalInt threads, long seed, GpuConfig gpu) {

  public static final String DEFAULT_DEVICE = "auto";
  public static final long DEFAULT_SEED = 42;

  public MachineConfig {
    new Check()
        .that(device.matches("auto|cpu|gpu:\\d{1,3}"), "--device", "auto, cpu or gpu:N", device)
        .atLeast("--threads", 1, threads)
        .verify();
  }

  /** A machine whose GPUs are used as usual. */
  public MachineConfig(String device, OptionalInt threads, long seed) {
    this(device, threads, seed, GpuConfig.defaults());
  }

  /** The same machine with another seed. */
  public MachineConfig withSeed(long other) {
    return new MachineConfig(device, threads, other, gpu);
  }

  /** TensorFlow's threads. */
  public int effectiveThreads() {
    return threads.orElse(Runtime.getRuntime().availableProcessors());
  }

  /** What the command line takes without options. */
  public static MachineConfig defaults() {
    return new MachineConfig(DEFAULT_DEVICE, OptionalInt.empty(), DEFAULT_SEED);
  }
}
