package dev.belay.savedmodel.export;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Generates unique names that TensorFlow accepts. */
final class UniqueNames {
  private final Set<String> taken = new HashSet<>();

  /** Reserves a name. */
  void take(String name) {
    taken.add(name);
  }

  /** A name for a node: letters, digits, {@code _ . - /}. */
  String node(String wanted) {
    String name = wanted.replaceAll("[^A-Za-z0-9_.\\-/]", "_");
    return unique(name.matches("[A-Za-z0-9.].*") ? name : "node" + name);
  }

  /** A name for an argument of a function: lower-case letters, digits, underscore. */
  String argument(String wanted) {
    String name = wanted.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
    return unique(name.matches("[a-z].*") ? name : "arg_" + name);
  }

  private String unique(String wanted) {
    String name = wanted;
    for (int i = 1; !taken.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
