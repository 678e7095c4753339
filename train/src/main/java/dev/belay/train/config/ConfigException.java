package dev.belay.train.config;

import java.util.List;

/** Thrown for invalid options: out of range, contradictory, or unknown. The run does not start. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * @param option the option as the user writes it, {@code --max-grad-norm}
   * @param expected the accepted values
   * @param found the given value
   */
  public ConfigException(String option, String expected, Object found) {
    this(option + ": expected " + expected + ", found " + found);
  }

  /** A contradiction between several options. */
  public ConfigException(String message) {
    this(List.of(message));
  }

  /** Several problems at once; the message has one line for each. */
  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence for each problem. */
  public List<String> problems() {
    return problems;
  }
}
