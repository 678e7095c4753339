package dev.belay.tools.argument;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.OptionDefinition;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.OptionSpec;

/**
 * An option that a config file gives, on its way to the parser.
 *
 * @param place for messages
 */
record ConfigEntry(OptionSpec option, ConfigFile.Entry entry, String place) {

  /** The tokens that the user could have typed instead. */
  List<String> tokens() {
    String name = option.longestName();
    if (!option.isMultiValue() && entry.values().size() != 1) {
      throw new ConfigException(
          place + ": " + entry.key(), "one value", "a list of " + entry.values().size());
    }
    if (option.arity().max() == 0) {
      return truth(entry.values().get(0)) ? List.of(name) : List.of();
    }
    if (isOnOff()) {
      return List.of(name + "=" + (truth(entry.values().get(0)) ? "on" : "off"));
    }
    return entry.values().stream().map(value -> name + "=" + value).toList();
  }

  private boolean isOnOff() {
    return option.userObject() instanceof OptionDefinition definition
        && definition.type().isOnOff();
  }

  private boolean truth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "on", "yes" -> true;
      case "false", "off", "no" -> false;
      default -> throw new ConfigException(place + ": " + entry.key(), "true or false", text);
    };
  }
}
