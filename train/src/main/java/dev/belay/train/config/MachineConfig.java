package dev.belay.train.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Where it runs.
 *
 * @param device {@code auto}, {@code cpu}, {@code gpu:N} or several as in {@code gpu:0,1}, which
 *     share each batch; {@code cpu:0,1} shares it between as many of the CPU's devices
 * @param threads TensorFlow's threads; empty: as many as this process may use
 * @param seed of data order, dropout and new heads
 * @param gpu how GPUs are used
 */
public record MachineConfig(String device, OptionalInt threads, long seed, GpuConfig gpu) {

  public static final String DEFAULT_DEVICE = "auto";
  public static final long DEFAULT_SEED = 42;

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

  /** A machine whose GPUs are used as usual. */
  public MachineConfig(String device, OptionalInt threads, long seed) {
    this(device, threads, seed, GpuConfig.defaults());
  }

  /** The same machine with another seed. */
  public MachineConfig withSeed(long other) {
    return new MachineConfig(device, threads, other, gpu);
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

  /** The GPUs to use, such as {@code 0,1}; empty for all there are, or none. */
  public Optional<String> visibleGpus() {
    return device.startsWith("gpu:") ? Optional.of(numbers(device)) : Optional.empty();
  }

  /**
   * The devices that share each batch, as a session names them, whose own numbers begin at 0; a
   * single one where nothing is shared.
   */
  public List<String> replicaDevices() {
    int count = numbers(device).split(",").length;
    String prefix = cpuOnly() ? "/device:CPU:" : "/device:GPU:";
    return IntStream.range(0, count).mapToObj(number -> prefix + number).toList();
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
