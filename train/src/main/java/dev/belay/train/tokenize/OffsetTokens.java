package dev.belay.train.tokenize;

/**
 * A text's tokens without special ones, each with the characters that it stands for, counted in
 * code points as Python counts them. Arrays are not copied.
 *
 * @param ids [N]
 * @param starts [N], the first character of each token
 * @param ends [N], one past its last
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record OffsetTokens(int[] ids, int[] starts, int[] ends) {

  /** N. */
  public int length() {
    return ids.length;
  }
}
