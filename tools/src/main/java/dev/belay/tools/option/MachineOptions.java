package dev.belay.tools.option;

import dev.belay.train.config.MachineConfig;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where it runs. */
@Section("Machine")
public final class MachineOptions {
  @Option(names = "--device", paramLabel = "DEVICE", description = "auto, cpu or gpu:N.")
  private String device = MachineConfig.DEFAULT_DEVICE;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "TensorFlow's threads (default: as many as this process may use).")
  private Optional<Integer> threads = Optional.empty();

  /** The machine for work in which nothing is random. */
  public MachineConfig toConfig() {
    return toConfig(MachineConfig.DEFAULT_SEED);
  }

  /** The machine, and the seed of everything random on it. */
  public MachineConfig toConfig(long seed) {
    return new MachineConfig(device, ScheduleOptions.optionalInt(threads), seed);
  }
}
