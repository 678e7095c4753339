package dev.belay.train.config;

/**
 * The rope: how gradients are clipped, once per update.
 *
 * @param mode which rule
 * @param maxGradNorm the threshold c of global_norm
 */
public record ClipConfig(Mode mode, double maxGradNorm) {

  public static final Mode DEFAULT_MODE = Mode.GLOBAL_NORM;
  public static final double DEFAULT_MAX_GRAD_NORM = 1.0;

  /** The rules. */
  public enum Mode {
    GLOBAL_NORM,
    NONE
  }

  public ClipConfig {
    new Check().positive("--max-grad-norm", maxGradNorm).verify();
  }

  /** Another rule with another threshold, and otherwise the same. */
  public ClipConfig with(Mode other, double threshold) {
    return new ClipConfig(other, threshold);
  }

  /** What the command line takes without options. */
  public static ClipConfig defaults() {
    return new ClipConfig(DEFAULT_MODE, DEFAULT_MAX_GRAD_NORM);
  }
}
