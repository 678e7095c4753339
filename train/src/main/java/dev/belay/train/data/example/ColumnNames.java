package dev.belay.train.data.example;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The columns of a file, found by any of their names, case left aside where it must be. */
final class ColumnNames {
  private static final int SHOWN = 20;
  private static final int SHOWN_CHARACTERS = 40;

  private final List<String> names;
  private final Map<String, Integer> exact = new HashMap<>();
  private final Map<String, Integer> lower = new HashMap<>();
  private final Map<String, Integer> canonical = new HashMap<>();

  ColumnNames(List<String> names) {
    this.names = names;
    for (int i = 0; i < names.size(); i++) {
      exact.putIfAbsent(names.get(i), i);
      lower.putIfAbsent(names.get(i).toLowerCase(Locale.ROOT), i);
      canonical.putIfAbsent(FeatureNames.canonical(names.get(i)), i);
    }
  }

  boolean has(String name) {
    return named(name).isPresent();
  }

  /** A column by its own name. */
  OptionalInt named(String name) {
    Integer index = exact.getOrDefault(name, lower.get(name.toLowerCase(Locale.ROOT)));
    return index == null ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /** A column that holds a feature, under any name of the field. */
  OptionalInt holding(String feature) {
    OptionalInt own = named(feature);
    Integer index = canonical.get(feature);
    return own.isPresent() || index == null ? own : OptionalInt.of(index);
  }

  String name(int index) {
    return names.get(index);
  }

  int size() {
    return names.size();
  }

  /** The names for a message; a header that is really a row of data must not flood it. */
  String shown() {
    String first =
        names.stream()
            .limit(SHOWN)
            .map(
                name ->
                    name.length() <= SHOWN_CHARACTERS
                        ? name
                        : name.substring(0, SHOWN_CHARACTERS) + "...")
            .collect(Collectors.joining(", "));
    return names.size() <= SHOWN ? first : first + ", ... (" + names.size() + " in all)";
  }
}
