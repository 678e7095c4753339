package dev.belay.savedmodel.names;

import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.ndarray.Shape;

/**
 * Layout of a tensor's elements in a dialect, relative to the canonical form, which is PyTorch's.
 */
public enum Layout {
  /** As PyTorch does. */
  SAME,
  /**
   * The axes in the other order: TensorFlow's kernels are [in, out], PyTorch's weights [out, in];
   * of convolutions over tokens, [width, in, out] and [out, in, width].
   */
  TRANSPOSED,
  /** A vector [n] as the only row of a matrix [1, n]. */
  ROW;

  /**
   * The canonical form of a stored tensor.
   *
   * @throws IllegalArgumentException if a tensor of that shape cannot have this layout
   */
  public TensorSpec canonical(TensorSpec stored) {
    if (this == ROW && (stored.shape().numDimensions() != 2 || stored.shape().get(0) != 1)) {
      throw new IllegalArgumentException("expected a matrix of one row, found " + stored);
    }
    return switch (this) {
      case SAME -> stored;
      case TRANSPOSED -> transposed(stored);
      case ROW -> new TensorSpec(stored.dtype(), Shape.of(stored.shape().get(1)));
    };
  }

  /**
   * The stored form of a canonical tensor.
   *
   * @throws IllegalArgumentException if a tensor of that shape cannot have this layout
   */
  public TensorSpec stored(TensorSpec canonical) {
    if (this == ROW && canonical.shape().numDimensions() != 1) {
      throw new IllegalArgumentException("expected a vector, found " + canonical);
    }
    return switch (this) {
      case SAME -> canonical;
      case TRANSPOSED -> transposed(canonical);
      case ROW -> new TensorSpec(canonical.dtype(), Shape.of(1, canonical.shape().get(0)));
    };
  }

  /**
   * The elements in the other form: from stored to canonical, or back.
   *
   * @param from spec of {@code elements}
   * @param elements row by row; its position does not change
   */
  public TensorPieces reorder(TensorSpec from, ByteBuffer elements) {
    return this == TRANSPOSED ? sink -> transpose(from, elements, sink) : TensorPieces.of(elements);
  }

  private static TensorSpec transposed(TensorSpec spec) {
    long[] sizes = spec.shape().asArray();
    if (sizes.length == 2) {
      return new TensorSpec(spec.dtype(), Shape.of(sizes[1], sizes[0]));
    }
    if (sizes.length == 3) {
      return new TensorSpec(spec.dtype(), Shape.of(sizes[2], sizes[1], sizes[0]));
    }
    throw new IllegalArgumentException(
        "expected a matrix or a kernel of three axes, found " + spec);
  }

  /** Computes as many rows of the transposed tensor at once as fit into a piece. */
  private static void transpose(TensorSpec from, ByteBuffer elements, TensorPieces.Sink sink)
      throws IOException {
    int rows = Math.toIntExact(from.shape().get(0));
    int columns = Math.toIntExact(from.shape().get(from.shape().numDimensions() - 1));
    int middle = from.shape().numDimensions() == 3 ? Math.toIntExact(from.shape().get(1)) : 1;
    int width = from.elementBytes();
    ByteBuffer source = elements.slice().order(ByteOrder.LITTLE_ENDIAN);
    int band = Math.max(1, TensorPieces.PIECE_BYTES / Math.max(1, rows * middle * width));
    for (int first = 0; first < columns; first += band) {
      int count = Math.min(band, columns - first);
      ByteBuffer piece =
          ByteBuffer.allocate(count * middle * rows * width).order(ByteOrder.LITTLE_ENDIAN);
      for (int line = 0; line < rows * middle; line++) { // row by row, and within it
        int to = line % middle * rows + line / middle;
        for (int i = 0; i < count; i++) {
          int at = (line * columns + first + i) * width;
          copy(source, at, piece, (i * middle * rows + to) * width, width);
        }
      }
      sink.accept(piece);
    }
  }

  private static void copy(ByteBuffer source, int at, ByteBuffer target, int to, int width) {
    if (width == Integer.BYTES) {
      target.putInt(to, source.getInt(at));
    } else {
      target.put(to, source, at, width);
    }
  }
}
