package dev.belay.train.failure;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that is most similar to an unknown one. */
public final class NearestName {
  private static final int MOST_NAMES = 3;

  private NearestName() {}

  /**
   * {@code "; did you mean NAME?"} with the name that takes the fewest edits, case left aside;
   * where more than a third would have to change, the names that have all its words, or nothing.
   */
  public static String suggestion(String written, Collection<String> names) {
    String wanted = written.strip().toLowerCase(Locale.ROOT);
    return names.stream()
        .min(Comparator.comparingInt(name -> distance(wanted, name)))
        .filter(name -> distance(wanted, name) <= alike(wanted.length()))
        .or(() -> withTheWords(wanted, names))
        .map(name -> "; did you mean " + name + "?")
        .orElse("");
  }

  /** The few names that have all words of the wanted one, such as num-train-epochs for epochs. */
  private static Optional<String> withTheWords(String wanted, Collection<String> names) {
    List<String> words = words(wanted);
    List<String> found =
        names.stream().filter(name -> words(name).containsAll(words)).sorted().toList();
    return words.isEmpty() || found.isEmpty() || found.size() > MOST_NAMES
        ? Optional.empty()
        : Optional.of(String.join(" or ", found));
  }

  private static List<String> words(String name) {
    return Arrays.stream(name.split("[-_ ]+")).filter(word -> word.length() > 2).toList();
  }

  /** Two letters that changed places are two edits. */
  private static int alike(int length) {
    return length < 4 ? 1 : Math.max(2, length / 3);
  }

  /** Levenshtein's distance, by rows of its table. */
  private static int distance(String wanted, String candidate) {
    String name = candidate.toLowerCase(Locale.ROOT);
    int[] previous = new int[name.length() + 1];
    for (int j = 0; j <= name.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= wanted.length(); i++) {
      int[] current = new int[name.length() + 1];
      current[0] = i;
      for (int j = 1; j <= name.length(); j++) {
        int replaced = previous[j - 1] + (wanted.charAt(i - 1) == name.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[name.length()];
  }
}
