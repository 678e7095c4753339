package dev.belay.train.data;

/**
 * Data that Belay refuses: a file, a row, a label, an id, a tokenizer.
 *
 * <p>The message is one paragraph: where (file and line), what is wrong, what was expected, what
 * was found, and what to do about it.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A refusal whose message says everything. */
  public DataException(String message) {
    super(message);
  }

  /** A refusal that another failure caused. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A refusal of what stands at one place of a file. */
  public static DataException at(SourcePosition position, String what) {
    return new DataException(position + ": " + what);
  }
}
