package dev.belay.train.step;

import dev.belay.train.config.MachineConfig;
import dev.belay.train.failure.MachineException;
import java.util.Map;

/**
 * TensorFlow settings made before it was loaded, by the launcher or by the user.
 *
 * @param environment of this process
 * @param gpu whether there is an NVIDIA driver
 */
record RuntimeSettings(Map<String, String> environment, boolean gpu) {
  /** Settings that the driver reads when its library is loaded, before any option is parsed. */
  private static final String TF32 = "NVIDIA_TF32_OVERRIDE";

  static RuntimeSettings ofThisProcess(boolean gpu) {
    return new RuntimeSettings(System.getenv(), gpu);
  }

  /** Threads, kernels and allocator in one line, with how to choose others. */
  String note(MachineConfig machine) {
    int threads = machine.effectiveThreads();
    return threads
        + (threads == 1 ? " thread" : " threads")
        + (machine.threads().isPresent()
            ? " (--threads)"
            : " (cores and CPU quota of this process; --threads sets another number)")
        + ", oneDNN "
        + setting(EnvironmentVariables.ONEDNN, Map.of("1", "on", "0", "off"), "as TensorFlow likes")
        + " (TF_ENABLE_ONEDNN_OPTS), freed memory "
        + setting(EnvironmentVariables.MAPPED_MEMORY, Map.of("0", "kept"), "given back")
        + " (MALLOC_MMAP_MAX_)";
  }

  private String setting(String name, Map<String, String> words, String unset) {
    String value = environment.get(name);
    return value == null ? unset : words.getOrDefault(value, value);
  }

  /**
   * Refuses options that come too late.
   *
   * @throws MachineException if TF32 is to be off and the environment does not say so to the driver
   */
  void verify(MachineConfig machine) {
    boolean onGpu = gpu && !machine.cpuOnly();
    if (onGpu && !machine.gpu().tf32() && !"0".equals(environment.get(TF32))) {
      throw new MachineException(
          "--tf32 off: the driver reads this setting before TensorFlow is loaded; the launcher "
              + "makes it if the option is on the command line, otherwise set "
              + TF32
              + "=0 in the environment",
          null);
    }
  }
}
