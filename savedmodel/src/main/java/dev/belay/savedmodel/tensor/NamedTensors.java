package dev.belay.savedmodel.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/** Named tensors from any kind of file. */
public interface NamedTensors {

  /** All names, in the order of the file. */
  Set<String> names();

  /**
   * The type and shape of a tensor.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  TensorSpec spec(String name);

  /**
   * The elements of a numeric tensor, row by row, little-endian; its checksum was verified.
   *
   * @throws IOException if the file cannot be read, or is damaged
   * @throws IllegalArgumentException if there is no tensor of that name, or it holds strings
   */
  ByteBuffer read(String name) throws IOException;

  /**
   * The elements of a numeric tensor in pieces, read on demand; errors as {@link #read}.
   * Implementations that convert elements override this, so that they never hold all of them.
   */
  default TensorPieces pieces(String name) {
    return sink -> sink.accept(read(name));
  }

  /**
   * The elements of a string tensor, row by row.
   *
   * @throws IOException if the file cannot be read, or is damaged
   * @throws IllegalArgumentException if there is no tensor of that name, or it does not hold
   *     strings
   */
  List<byte[]> readStrings(String name) throws IOException;
}
