package dev.belay.train.data.example;

import dev.belay.train.data.file.SquadFile;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Source of an example, for predictions that refer to it. */
public sealed interface Origin {
  /** Nothing that an answer would need. */
  Origin NONE = new Whole();

  /** A whole text or row. */
  record Whole() implements Origin {}

  /**
   * A text of words.
   *
   * @param words as the file has them
   * @param wordOf [T], for each token the index of its word, or -1
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Words(List<String> words, int[] wordOf) implements Origin {
    /** Number of words that the model sees; the words after them are cut off. */
    public int seen() {
      return Arrays.stream(wordOf).max().orElse(-1) + 1;
    }
  }

  /**
   * A question with a part of its context.
   *
   * @param question as the file has it
   * @param context the context to search
   * @param first index of the part's first token in the context
   * @param count number of its tokens, at least one
   * @param offset position of its first token in the row of tokens
   */
  record Window(SquadFile.Question question, Context context, int first, int count, int offset)
      implements Origin {
    /** The first character of a token, counted in code points from the beginning of the context. */
    public int start(int position) {
      return context.starts()[first + position - offset];
    }

    /** One past its last. */
    public int end(int position) {
      return context.ends()[first + position - offset];
    }

    /**
     * The first and the last token of a part of the context, [2], as positions in the row.
     *
     * @param from its first character
     * @param to one past its last
     * @return empty if the window does not hold the whole of it
     */
    Optional<int[]> tokens(int from, int to) {
      int last = offset + count - 1;
      if (start(offset) > from || end(last) < to) {
        return Optional.empty();
      }
      int begin = offset;
      while (begin < last && start(begin + 1) <= from) {
        begin++;
      }
      while (last > offset && end(last - 1) >= to) {
        last--;
      }
      return Optional.of(new int[] {begin, last});
    }
  }
}
