package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Rules for texts that a decoder beside an encoder learns to write.
 *
 * @param start id that it reads first; empty: the last token of the text, as in mBART
 * @param longest number of tokens that it has positions for, if that is limited
 */
public record TargetRule(OptionalInt start, OptionalInt longest) {

  /** Of a model that reads a given id first, and texts of any length. */
  public static TargetRule begin(int id) {
    return new TargetRule(OptionalInt.of(id), OptionalInt.empty());
  }

  /**
   * Input of the decoder: a start token, then the target without its last token, as in Hugging
   * Face's {@code shift_tokens_right}.
   *
   * @param target ids, or {@link LabelRule#IGNORED}
   * @param padding id that it reads where the target is ignored
   */
  int[] input(int[] target, int padding) {
    int[] ids = Arrays.stream(target).map(id -> id == LabelRule.IGNORED ? padding : id).toArray();
    int[] read = new int[ids.length];
    System.arraycopy(ids, 0, read, 1, ids.length - 1);
    read[0] = start.isPresent() ? start.getAsInt() : last(ids, padding);
    return read;
  }

  /** PyTorch counts tokens from the left, padding between them too. */
  private static int last(int[] ids, int padding) {
    int tokens = (int) Arrays.stream(ids).filter(id -> id != padding).count();
    return tokens == 0 ? padding : ids[tokens - 1];
  }

  /** Refuses a text that is too long. */
  void requireFits(SourcePosition position, int tokens) {
    if (longest.isPresent() && tokens > longest.getAsInt()) {
      throw DataException.at(
          position,
          "the text to write: expected at most the "
              + longest.getAsInt()
              + " tokens that the model has positions for, found "
              + tokens);
    }
  }
}
