package dev.belay.savedmodel;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A valid model that needs something Belay does not support.
 *
 * <p>The message is one paragraph: the file, the place in it, what is not supported, and what to do
 * about it.
 */
public final class UnsupportedModelException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;

  /**
   * @param file the model's file
   * @param where the place in it, such as "signature 'serving_default', node 'read'"
   * @param what what is not supported, and what to do
   */
  public UnsupportedModelException(Path file, String where, String what) {
    super(file + ": " + where + ": " + what);
    this.file = file;
  }

  /** The model's file. */
  public Path file() {
    return file;
  }
}
