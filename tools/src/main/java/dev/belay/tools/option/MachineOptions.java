package dev.belay.tools.option;

import dev.belay.train.config.GpuConfig;
import dev.belay.train.config.MachineConfig;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where it runs. */
@Section("Machine")
public final class MachineOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, gpu:N, or several that share each batch, as in gpu:0,1.")
  private String device = MachineConfig.DEFAULT_DEVICE;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "TensorFlow's threads (default: as many as this process may use).")
  private Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--gpu-memory-growth",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description = "Whether a GPU's memory is taken as it is needed, or all at once.")
  private boolean memoryGrowth = GpuConfig.DEFAULT_MEMORY_GROWTH;

  @Option(
      names = "--gpu-memory-limit",
      paramLabel = "MB",
      description = "How much of a GPU's memory is used at most (default: all of it).")
  private Optional<Integer> memoryLimit = Optional.empty();

  @Option(
      names = "--tf32",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description =
          "Whether matrix products on an Ampere or later GPU may keep 10 bits of their factors.")
  private boolean tf32 = GpuConfig.DEFAULT_TF32;

  @Option(
      names = "--xla",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description = "Whether operations on a GPU are compiled together.")
  private boolean xla = GpuConfig.DEFAULT_XLA;

  /** The machine for work in which nothing is random. */
  public MachineConfig toConfig() {
    return toConfig(MachineConfig.DEFAULT_SEED);
  }

  /** The machine, and the seed of everything random on it. */
  public MachineConfig toConfig(long seed) {
    GpuConfig gpu =
        new GpuConfig(memoryGrowth, ScheduleOptions.optionalInt(memoryLimit), tf32, xla);
    return new MachineConfig(device, ScheduleOptions.optionalInt(threads), seed, gpu);
  }
}
