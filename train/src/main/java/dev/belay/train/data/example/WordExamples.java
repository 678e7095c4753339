package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.WordTokens;
import java.util.Arrays;
import java.util.List;

/** Texts that have a label for each word: their words, and where labels go among the tokens. */
final class WordExamples {
  private WordExamples() {}

  /**
   * The words of a text.
   *
   * @throws DataException if it has none
   */
  static List<String> words(CellValues cell) {
    List<String> words = cell.words();
    if (words.isEmpty()) {
      throw cell.error(" has no words; expected at least one");
    }
    return words;
  }

  /**
   * A label per token, [T]: that of a word at its first token, none at its others and at special
   * tokens, as Hugging Face's token classification has it.
   *
   * @param perWord the class of each word
   */
  static FeatureRow.Ints labels(WordTokens text, int[] perWord) {
    int[] owners = text.wordOf();
    int[] labels = new int[owners.length];
    Arrays.fill(labels, LabelRule.IGNORED);
    for (int i = 0; i < owners.length; i++) {
      boolean first = owners[i] != WordTokens.NO_WORD && (i == 0 || owners[i - 1] != owners[i]);
      if (first) {
        labels[i] = perWord[owners[i]];
      }
    }
    return new FeatureRow.Ints(labels);
  }

  /** Number of words cut off at the end. */
  static int cut(Origin.Words words, WordTokens text) {
    return text.tokens().truncated() ? words.words().size() - words.seen() : 0;
  }
}
