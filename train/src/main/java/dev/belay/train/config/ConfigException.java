package dev.belay.train.config;

/** An option that cannot be: out of range, contradictory, or not known. The run never starts. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param option the option as the user writes it, {@code --max-grad-norm}
   * @param expected what it takes
   * @param found what was given
   */
  public ConfigException(String option, String expected, Object found) {
    super(option + ": expected " + expected + ", found " + found);
  }

  /** A contradiction between several options. */
  public ConfigException(String message) {
    super(message);
  }
}
