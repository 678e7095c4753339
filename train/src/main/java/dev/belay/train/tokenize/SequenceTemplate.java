package dev.belay.train.tokenize;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Template of the special tokens of a tokenizer: before the first text, between the two, after the
 * last. It is learned from one sequence that the native tokenizer made.
 *
 * <p>Texts are cut here and not by native code, because that also builds every combination of the
 * parts it cuts off: for a pair of texts a hundred times too long, ten thousand sequences.
 *
 * @param before in front of the first text
 * @param between the texts of a pair; empty for a single one
 * @param after after the last text
 * @param firstType the type of the first text's tokens
 * @param secondType the type of the second text's tokens
 * @param cutsLeft whether a text that is too long loses its start
 */
record SequenceTemplate(
    Piece before, Piece between, Piece after, int firstType, int secondType, boolean cutsLeft) {

  /** Adjacent special tokens, with their types. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Piece(int[] ids, int[] types) {
    int length() {
      return ids.length;
    }

    Piece untyped() {
      return new Piece(ids, new int[ids.length]);
    }
  }

  /** {@link TokenizersLibrary#getSequenceIds} of a special token. */
  private static final long SPECIAL = -1;

  /**
   * Learns from a native encoding of a text, or of a pair of texts of one token or more each.
   *
   * @param encoding deleted by the caller
   * @throws DataException if it does not contain each text once, in order
   */
  static SequenceTemplate of(Path file, long encoding, boolean pair) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    int[] ids = ints(library.getTokenIds(encoding));
    int[] types = ints(library.getTypeIds(encoding));
    long[] sequences = library.getSequenceIds(encoding);
    int firstStart = skip(sequences, 0, SPECIAL);
    int firstEnd = skip(sequences, firstStart, 0);
    int secondStart = pair ? skip(sequences, firstEnd, SPECIAL) : firstEnd;
    int secondEnd = pair ? skip(sequences, secondStart, 1) : firstEnd;
    boolean sound =
        firstEnd > firstStart
            && (!pair || secondEnd > secondStart)
            && skip(sequences, secondEnd, SPECIAL) == sequences.length;
    if (!sound) {
      throw new DataException(
          file
              + ": this tokenizer does not put "
              + (pair ? "two texts one after the other" : "a text in one piece")
              + " into a sequence; expected special tokens only before, between and behind texts");
    }
    return new SequenceTemplate(
        piece(ids, types, 0, firstStart),
        piece(ids, types, firstEnd, secondStart),
        piece(ids, types, secondEnd, ids.length),
        types[firstStart],
        pair ? types[secondStart] : 0,
        false);
  }

  /** The same template as far as Python hands it to a model. */
  SequenceTemplate with(TokenizerDefinition.Sides sides) {
    return sides.types()
        ? new SequenceTemplate(before, between, after, firstType, secondType, sides.cutsLeft())
        : new SequenceTemplate(
            before.untyped(), between.untyped(), after.untyped(), 0, 0, sides.cutsLeft());
  }

  private static Piece piece(int[] ids, int[] types, int start, int end) {
    return new Piece(Arrays.copyOfRange(ids, start, end), Arrays.copyOfRange(types, start, end));
  }

  private static int skip(long[] sequences, int start, long sequence) {
    int i = start;
    while (i < sequences.length && sequences[i] == sequence) {
      i++;
    }
    return i;
  }

  /** Number of special tokens. */
  int specials() {
    return before.length() + between.length() + after.length();
  }

  /** A single text, cut so that it has at most maxLength tokens with the special ones. */
  TokenIds single(int[] text, int maxLength) {
    int length = Math.min(text.length, maxLength - specials());
    return assemble(text, length, new int[0], 0, length < text.length);
  }

  /**
   * A pair of texts, the longer one cut first, as Hugging Face's fast tokenizers do by {@code
   * longest_first}: a short text is kept whole, else both get half, the longer one the odd token.
   */
  TokenIds pair(int[] first, int[] second, int maxLength) {
    int room = maxLength - specials();
    int shorter = Math.min(first.length, second.length);
    int longer = Math.max(first.length, second.length);
    if (shorter + longer > room) {
      longer = Math.max(shorter, room - shorter);
      if (shorter + longer > room) {
        shorter = room / 2;
        longer = room - shorter;
      }
    }
    boolean firstIsLonger = first.length > second.length;
    int firstLength = firstIsLonger ? longer : shorter;
    int secondLength = firstIsLonger ? shorter : longer;
    boolean truncated = firstLength < first.length || secondLength < second.length;
    return assemble(first, firstLength, second, secondLength, truncated);
  }

  /**
   * A pair of which one text alone is cut, as Hugging Face's {@code only_first} and {@code
   * only_second}: at least one token of it stays.
   *
   * @return empty if the other text leaves no room for one
   */
  Optional<TokenIds> pairCuttingOne(
      int[] first, int[] second, int maxLength, Truncation truncation) {
    int over = Math.max(0, first.length + second.length - (maxLength - specials()));
    boolean cutsFirst = truncation == Truncation.ONLY_FIRST;
    if (over > 0 && over >= (cutsFirst ? first : second).length) {
      return Optional.empty();
    }
    int firstLength = first.length - (cutsFirst ? over : 0);
    int secondLength = second.length - (cutsFirst ? 0 : over);
    return Optional.of(assemble(first, firstLength, second, secondLength, over > 0));
  }

  private TokenIds assemble(
      int[] first, int firstLength, int[] second, int secondLength, boolean truncated) {
    int[] ids = new int[specials() + firstLength + secondLength];
    int[] types = new int[ids.length];
    int end = append(before, ids, types, 0);
    System.arraycopy(first, start(first, firstLength), ids, end, firstLength);
    Arrays.fill(types, end, end + firstLength, firstType);
    end = append(between, ids, types, end + firstLength);
    System.arraycopy(second, start(second, secondLength), ids, end, secondLength);
    Arrays.fill(types, end, end + secondLength, secondType);
    end += secondLength;
    append(after, ids, types, end);
    return new TokenIds(ids, types, truncated);
  }

  private static int append(Piece piece, int[] ids, int[] types, int end) {
    System.arraycopy(piece.ids(), 0, ids, end, piece.length());
    System.arraycopy(piece.types(), 0, types, end, piece.length());
    return end + piece.length();
  }

  /** The first of the tokens that stay, of a text that is cut to a length. */
  int start(int[] text, int length) {
    return cutsLeft ? text.length - length : 0;
  }

  static int[] ints(long[] values) {
    int[] result = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (int) values[i];
    }
    return result;
  }
}
