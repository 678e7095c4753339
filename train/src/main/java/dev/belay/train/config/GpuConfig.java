package dev.belay.train.config;

import java.util.OptionalInt;

/**
 * How GPUs are used.
 *
 * @param memoryGrowth whether memory is taken as it is needed, instead of all at once
 * @param memoryLimit of each GPU, megabytes; empty: all of it
 * @param tf32 whether matrix products may keep 10 bits of their factors, where the card can
 * @param xla whether clusters of operations are compiled for the card
 */
public record GpuConfig(boolean memoryGrowth, OptionalInt memoryLimit, boolean tf32, boolean xla) {

  public static final boolean DEFAULT_MEMORY_GROWTH = true;

  /** As TensorFlow has it, and as Python's runs therefore have it. */
  public static final boolean DEFAULT_TF32 = true;

  public static final boolean DEFAULT_XLA = false;

  public GpuConfig {
    new Check().atLeast("--gpu-memory-limit", 1, memoryLimit).verify();
  }

  /** What the command line takes without options. */
  public static GpuConfig defaults() {
    return new GpuConfig(DEFAULT_MEMORY_GROWTH, OptionalInt.empty(), DEFAULT_TF32, DEFAULT_XLA);
  }
}
