package dev.belay.savedmodel.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Elements of a numeric tensor, passed on in pieces, so that a conversion holds only one piece of a
 * large tensor in memory.
 */
@FunctionalInterface
public interface TensorPieces {
  /** Approximate size of the pieces of a conversion. */
  int PIECE_BYTES = 1 << 20;

  /**
   * Passes on all elements, row by row, little-endian. Each piece holds whole elements, and does
   * not change after it was passed on.
   *
   * @throws IOException if the elements cannot be read, or the sink fails
   */
  void forEach(Sink sink) throws IOException;

  /** Receives pieces. */
  @FunctionalInterface
  interface Sink {
    /** Receives what remains in a piece, whose position does not change. */
    void accept(ByteBuffer piece) throws IOException;
  }

  /** All elements in one piece. */
  static TensorPieces of(ByteBuffer elements) {
    return sink -> sink.accept(elements);
  }

  /**
   * All elements as one buffer.
   *
   * @param bytes their number
   */
  default ByteBuffer joined(long bytes) throws IOException {
    ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    forEach(piece -> whole.put(piece.duplicate()));
    return whole.flip();
  }
}
