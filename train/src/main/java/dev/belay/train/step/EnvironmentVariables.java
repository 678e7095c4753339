package dev.belay.train.step;

/** Names of environment variables that native libraries read when they are loaded. */
public final class EnvironmentVariables {
  /** Switches oneDNN's kernels on or off. */
  public static final String ONEDNN = "TF_ENABLE_ONEDNN_OPTS";

  /** The least severity of what TensorFlow writes to standard error. */
  public static final String LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL";

  /** With 0, glibc keeps the memory of large tensors that are freed. */
  public static final String MAPPED_MEMORY = "MALLOC_MMAP_MAX_";

  private EnvironmentVariables() {}
}
