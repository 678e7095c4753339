package dev.belay.train.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Overlap of an answer with the expected one, by the formulas of SQuAD's official evaluation
 * scripts: lower case, without ASCII punctuation, without articles, words split at white space.
 */
public final class TextOverlap {
  private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}"); // that of ASCII
  private static final Pattern ARTICLES =
      Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);

  /** White space of Python's {@code split}. */
  private static final Pattern SPACE =
      Pattern.compile("[\\s\\x1c-\\x1f]+", Pattern.UNICODE_CHARACTER_CLASS);

  private TextOverlap() {}

  /** The words that are compared. */
  static List<String> words(String answer) {
    String plain = PUNCTUATION.matcher(answer.toLowerCase(Locale.ROOT)).replaceAll("");
    String bare = ARTICLES.matcher(plain).replaceAll(" ");
    return SPACE.splitAsStream(bare).filter(word -> !word.isEmpty()).toList();
  }

  /** Whether the words are the same, in the same order. */
  static boolean isExact(String answer, String expected) {
    return words(answer).equals(words(expected));
  }

  /**
   * F1 of the words that both have.
   *
   * @param ofNothing of two answers without words: 1 in version 2 of the script, 0 in version 1
   */
  static double f1(String answer, String expected, double ofNothing) {
    List<String> found = words(answer);
    List<String> there = words(expected);
    if (found.isEmpty() && there.isEmpty()) {
      return ofNothing;
    }
    Map<String, Integer> left = new HashMap<>();
    there.forEach(word -> left.merge(word, 1, Integer::sum));
    long same = found.stream().filter(word -> left.merge(word, -1, Integer::sum) >= 0).count();
    return same == 0 ? 0 : 2.0 * same / (found.size() + there.size());
  }
}
