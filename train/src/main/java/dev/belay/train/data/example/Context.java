package dev.belay.train.data.example;

/**
 * A text to search for answers, with the characters of its tokens, counted in code points. All
 * questions about it share it.
 *
 * @param text the whole of it
 * @param starts [N], the first character of each token
 * @param ends [N], one past its last
 * @param mayLackAnswer whether the file says that a question may have no answer
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record Context(String text, int[] starts, int[] ends, boolean mayLackAnswer) {

  /** The text from one character up to and without another, counted in code points. */
  public String part(int start, int end) {
    int begin = text.offsetByCodePoints(0, start);
    return text.substring(begin, text.offsetByCodePoints(begin, end - start));
  }
}
