package dev.belay.train.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Devices, threads and seed of a run.
 *
 * @param gpu options of GPUs
 */
@Section.Of(Section.MACHINE)
public record MachineConfig(
    @Option(
            name = "device",
            label = "DEVICE",
            help = "auto, cpu, gpu:N, or several that share each batch, such as gpu:0,1.",
            defaultValue = "auto",
            onResume = Option.OnResume.LOG)
        String device,
    @Option(
            name = "threads",
            label = "N",
            help = "Number of TensorFlow's threads (default: as many as this process may use).",
            onResume = Option.OnResume.LOG)
        OptionalInt threads,
    GpuConfig gpu,
    @Option(
            name = MachineConfig.SEED,
            label = "N",
            help = "Seed of the data order, dropout, new heads and drawn texts.",
            defaultValue = "42",
            section = Section.RUN,
            place = -1,
            identifiesSweep = false)
        long seed) {
  static final String SEED = "seed";

  public MachineConfig {
    new Check()
        .that(
            device.matches("auto|cpu|[cg]pu:\\d{1,3}(,\\d{1,3})*"),
            "--device",
            "auto, cpu, gpu:N or several as in gpu:0,1",
            device)
        .that(distinct(device), "--device", "each device once", device)
        .atLeast("--threads", 1, threads)
        .verify();
  }

  /** A machine with the default use of GPUs. */
  public MachineConfig(String device, OptionalInt threads, long seed) {
    this(device, threads, GpuConfig.defaults(), seed);
  }

  private static boolean distinct(String device) {
    String[] names = numbers(device).split(",");
    return Arrays.stream(names).distinct().count() == names.length;
  }

  private static String numbers(String device) {
    return device.substring(device.indexOf(':') + 1);
  }

  /** Whether no GPU is to be used. */
  public boolean cpuOnly() {
    return device.startsWith("cpu");
  }

  /** The GPUs to use, such as {@code 0,1}; empty if all are used, or none. */
  public Optional<String> visibleGpus() {
    return device.startsWith("gpu:") ? Optional.of(numbers(device)) : Optional.empty();
  }

  /**
   * The devices that share each batch, by the names that a session gives them, whose numbers begin
   * at 0; a single device if batches are not shared.
   */
  public List<String> replicaDevices() {
    int count = numbers(device).split(",").length;
    String prefix = cpuOnly() ? "/device:CPU:" : "/device:GPU:";
    return IntStream.range(0, count).mapToObj(number -> prefix + number).toList();
  }

  /** The same machine with one device: a GPU if there is one and a GPU was requested. */
  public MachineConfig onOneDevice() {
    return new MachineConfig(cpuOnly() ? "cpu" : "auto", threads, gpu, seed);
  }

  /** Number of threads of TensorFlow. */
  public int effectiveThreads() {
    return threads.orElse(Runtime.getRuntime().availableProcessors());
  }

  /** Defaults of the command line. */
  public static MachineConfig defaults() {
    return ConfigBinder.defaults(MachineConfig.class);
  }
}
