package dev.belay.savedmodel;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that Belay refuses to read: it is damaged, it declares a false size, or it asks for
 * something that a foreign model may not have.
 *
 * <p>The message is one sentence with the file, the place in it, what was expected and what was
 * found.
 */
public final class CorruptModelException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;

  /**
   * @param file the file that is refused
   * @param where the place in it, such as "byte 48", "entry 'bert/pooler/dense/kernel'" or
   *     "function 'f', node 'read'"
   * @param expected what a valid file has there
   * @param found what this one has
   */
  public CorruptModelException(Path file, String where, String expected, String found) {
    super(file + ": " + where + ": expected " + expected + ", found " + found);
    this.file = file;
  }

  /** The file that is refused. */
  public Path file() {
    return file;
  }
}
