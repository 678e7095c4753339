package dev.belay.savedmodel.names;

import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.ndarray.Shape;

/** How a dialect keeps the elements of a tensor whose canonical form is PyTorch's. */
public enum Layout {
  /** As PyTorch does. */
  SAME,
  /** A matrix transposed: TensorFlow's kernels are [in, out], PyTorch's weights [out, in]. */
  TRANSPOSED,
  /** A vector [n] as the only row of a matrix [1, n]. */
  ROW;

  /**
   * The canonical form of a stored tensor.
   *
   * @throws IllegalArgumentException if a tensor of that shape is not kept so
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
   * @throws IllegalArgumentException if a tensor of that shape cannot be kept so
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
   * @param elements row by row; its position stays
   */
  public ByteBuffer reorder(TensorSpec from, ByteBuffer elements) {
    return this == TRANSPOSED ? transpose(from, elements) : elements;
  }

  private static TensorSpec transposed(TensorSpec spec) {
    if (spec.shape().numDimensions() != 2) {
      throw new IllegalArgumentException("expected a matrix, found " + spec);
    }
    return new TensorSpec(spec.dtype(), Shape.of(spec.shape().get(1), spec.shape().get(0)));
  }

  private static ByteBuffer transpose(TensorSpec from, ByteBuffer elements) {
    int rows = Math.toIntExact(from.shape().get(0));
    int columns = Math.toIntExact(from.shape().get(1));
    int width = from.elementBytes();
    int start = elements.position();
    ByteBuffer transposed =
        ByteBuffer.allocate(elements.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        transposed.put(
            (column * rows + row) * width,
            elements,
            start + (row * columns + column) * width,
            width);
      }
    }
    return transposed;
  }
}
