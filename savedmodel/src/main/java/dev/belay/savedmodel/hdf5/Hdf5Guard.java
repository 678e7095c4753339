package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Calls jHDF, which trusts its input: any failure that it has on a damaged file, of whatever type,
 * becomes an error about that file.
 */
final class Hdf5Guard {
  private Hdf5Guard() {}

  /** A call that parses a file. */
  @FunctionalInterface
  interface Parse<T> {
    T call() throws IOException;
  }

  /**
   * Calls it.
   *
   * @throws CorruptModelException if the library fails
   */
  static <T> T guarded(Path file, String where, Parse<T> parse) throws IOException {
    try {
      return parse.call();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError failure) {
      // A false length becomes an array of that length, a loop of links a recursion.
      String message = failure.getMessage() == null ? "" : ": " + failure.getMessage();
      String expected =
          failure instanceof OutOfMemoryError
              ? "sound HDF5 that Java's memory holds (BELAY_JAVA_OPTS=-Xmx8g gives it more)"
              : "sound HDF5";
      CorruptModelException refused =
          new CorruptModelException(
              file, where, expected, failure.getClass().getSimpleName() + message);
      refused.initCause(failure);
      throw refused;
    }
  }
}
