package dev.belay.savedmodel.names;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name in a table, in which every {@code #} is a placeholder for a number, such as that of a layer.
 *
 * @param text as written in the table
 * @param exact the same as a regular expression with a group for each number
 */
record NamePattern(String text, Pattern exact) {
  private static final String NUMBER = "#";

  static NamePattern of(String text) {
    List<String> quoted = new ArrayList<>();
    for (String part : text.split(NUMBER, -1)) {
      quoted.add(part.isEmpty() ? "" : Pattern.quote(part));
    }
    return new NamePattern(text, Pattern.compile(String.join("(0|[1-9]\\d{0,3})", quoted)));
  }

  /** The numbers in a name of this pattern; empty if it does not match. */
  Optional<List<String>> numbers(String name) {
    Matcher matcher = exact.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    List<String> numbers = new ArrayList<>();
    for (int group = 1; group <= matcher.groupCount(); group++) {
      numbers.add(matcher.group(group));
    }
    return Optional.of(numbers);
  }

  /** The name with these numbers. */
  String name(List<String> numbers) {
    String name = text;
    for (String number : numbers) {
      name = name.replaceFirst(NUMBER, number);
    }
    return name;
  }
}
