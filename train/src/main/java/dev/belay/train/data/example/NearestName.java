package dev.belay.train.data.example;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody most likely meant. */
final class NearestName {
  private NearestName() {}

  /** The candidate with the fewest edits, case left aside; empty if none is at all alike. */
  static Optional<String> to(String name, Collection<String> candidates) {
    String wanted = name.strip().toLowerCase(Locale.ROOT);
    return candidates.stream()
        .min(Comparator.comparingInt(c -> distance(wanted, c.toLowerCase(Locale.ROOT))))
        .filter(
            c -> distance(wanted, c.toLowerCase(Locale.ROOT)) <= Math.max(1, wanted.length() / 3));
  }

  /** {@code "; did you mean 'x'?"}, or nothing. */
  static String suggestion(String name, Collection<String> candidates) {
    return to(name, candidates).map(c -> "; did you mean '" + c + "'?").orElse("");
  }

  /** Levenshtein's distance. */
  private static int distance(String one, String other) {
    int[] previous = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int[] current = new int[other.length() + 1];
      current[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replace = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replace, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[other.length()];
  }
}
