package dev.belay.train.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * Variables with a separate clip rule.
 *
 * @param variables pattern of their names
 * @param mode the rule
 * @param value the rule's number: its threshold, lambda or percentile; unused by none
 */
public record ClipGroup(Pattern variables, ClipConfig.Mode mode, double value) {
  private static final String OPTION = "--clip-group";
  private static final String EXPECTED =
      "REGEX=MODE:VALUE, such as embeddings=norm:0.5, or REGEX=none";

  public ClipGroup {
    boolean percentile = mode == ClipConfig.Mode.AUTO;
    boolean sound =
        mode == ClipConfig.Mode.NONE || (value > 0 && value <= (percentile ? 100 : 1e38));
    if (!sound) {
      throw new ConfigException(
          OPTION,
          percentile ? "a percentile above 0 and at most 100" : "a finite number above 0",
          name(mode) + ":" + value);
    }
  }

  /**
   * Parses an option value. The pattern may contain equals signs; the last one ends it.
   *
   * @throws ConfigException if the text is not a clip group
   */
  public static ClipGroup parse(String text) {
    int equals = text.lastIndexOf('=');
    if (equals < 1) {
      throw new ConfigException(OPTION, EXPECTED, text);
    }
    String[] rule = text.substring(equals + 1).split(":", 2);
    ClipConfig.Mode mode =
        Arrays.stream(ClipConfig.Mode.values())
            .filter(known -> name(known).equals(rule[0].toLowerCase(Locale.ROOT)))
            .findFirst()
            .orElseThrow(
                () ->
                    new ConfigException(
                        OPTION,
                        "one of the modes "
                            + Arrays.stream(ClipConfig.Mode.values())
                                .map(ClipGroup::name)
                                .collect(Collectors.joining(", ")),
                        text));
    if ((rule.length == 2) == (mode == ClipConfig.Mode.NONE)) {
      throw new ConfigException(OPTION, EXPECTED, text);
    }
    try {
      return new ClipGroup(
          Pattern.compile(text.substring(0, equals)),
          mode,
          rule.length == 2 ? Double.parseDouble(rule[1]) : 0);
    } catch (NumberFormatException e) {
      throw new ConfigException(OPTION, EXPECTED, text);
    } catch (PatternSyntaxException e) {
      throw new ConfigException(OPTION, "a regular expression", text + ": " + e.getDescription());
    }
  }

  /** Whether the group contains the variable of that name. */
  public boolean holds(String variable) {
    return variables.matcher(variable).find();
  }

  /** The option value as a user writes it. */
  @Override
  public String toString() {
    String rule = mode == ClipConfig.Mode.NONE ? "" : ":" + value;
    return variables + "=" + name(mode) + rule;
  }

  private static String name(ClipConfig.Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }
}
