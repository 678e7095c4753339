package dev.belay.savedmodel.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class LayoutTest {
  @Property(tries = 50)
  void aTransposedMatrixHasItsElementsAcross(
      @ForAll @IntRange(max = 7) int rows, @ForAll @IntRange(max = 7) int columns)
      throws IOException {
    TensorSpec spec = new TensorSpec(DataType.DT_INT32, Shape.of(rows, columns));
    ByteBuffer elements = ByteBuffer.allocate(rows * columns * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows * columns; i++) {
      elements.putInt(i);
    }
    elements.flip();
    TensorSpec other = Layout.TRANSPOSED.canonical(spec);
    assertEquals(Shape.of(columns, rows), other.shape());
    ByteBuffer across = Layout.TRANSPOSED.reorder(spec, elements).joined(spec.bytes());
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        assertEquals(row * columns + column, across.getInt((column * rows + row) * 4));
      }
    }
    assertEquals(elements, Layout.TRANSPOSED.reorder(other, across).joined(spec.bytes()));
    assertEquals(spec, Layout.TRANSPOSED.stored(other));
  }

  /** A vocabulary times a width does not have to fit into the heap. */
  @Test
  void aLargeMatrixIsTransposedInPieces() throws IOException {
    for (DataType dtype : List.of(DataType.DT_HALF, DataType.DT_FLOAT, DataType.DT_DOUBLE)) {
      TensorSpec spec = new TensorSpec(dtype, Shape.of(1000, 700));
      ByteBuffer elements = ByteBuffer.allocate((int) spec.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      new Random(1).nextBytes(elements.array());
      List<ByteBuffer> pieces = new ArrayList<>();
      Layout.TRANSPOSED.reorder(spec, elements).forEach(pieces::add);
      assertTrue(pieces.size() > 1, pieces.size() + " pieces");
      assertTrue(pieces.stream().allMatch(p -> p.remaining() <= TensorPieces.PIECE_BYTES));
      ByteBuffer across = Layout.TRANSPOSED.reorder(spec, elements).joined(spec.bytes());
      int width = spec.elementBytes();
      for (int[] at : new int[][] {{0, 0}, {999, 0}, {0, 699}, {321, 654}, {999, 699}}) {
        int there = (at[1] * 1000 + at[0]) * width;
        int here = (at[0] * 700 + at[1]) * width;
        assertEquals(elements.slice(here, width), across.slice(there, width));
      }
    }
  }

  /** TensorFlow's [width, in, out] of a convolution is PyTorch's [out, in, width]. */
  @Test
  void threeAxesAreReversed() throws IOException {
    TensorSpec stored = new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 3, 4));
    TensorSpec canonical = new TensorSpec(DataType.DT_FLOAT, Shape.of(4, 3, 2));
    assertEquals(canonical, Layout.TRANSPOSED.canonical(stored));
    ByteBuffer elements = ByteBuffer.allocate(24 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 24; i++) {
      elements.putFloat(i * Float.BYTES, i);
    }
    ByteBuffer there = Layout.TRANSPOSED.reorder(stored, elements).joined(canonical.bytes());
    there.order(ByteOrder.LITTLE_ENDIAN);
    for (int width = 0; width < 2; width++) {
      for (int in = 0; in < 3; in++) {
        for (int out = 0; out < 4; out++) {
          assertEquals(
              (width * 3 + in) * 4 + out,
              there.getFloat(((out * 3 + in) * 2 + width) * Float.BYTES));
        }
      }
    }
    assertEquals(elements, Layout.TRANSPOSED.reorder(canonical, there).joined(stored.bytes()));
  }

  @Test
  void aRowIsAVector() {
    TensorSpec row = new TensorSpec(DataType.DT_FLOAT, Shape.of(1, 96));
    TensorSpec vector = new TensorSpec(DataType.DT_FLOAT, Shape.of(96));
    assertEquals(vector, Layout.ROW.canonical(row));
    assertEquals(row, Layout.ROW.stored(vector));
    assertEquals(
        "expected a matrix of one row, found DT_FLOAT [2, 96]",
        assertThrows(
                IllegalArgumentException.class,
                () -> Layout.ROW.canonical(new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 96))))
            .getMessage());
    assertEquals(
        "expected a matrix or a kernel of three axes, found DT_FLOAT [96]",
        assertThrows(IllegalArgumentException.class, () -> Layout.TRANSPOSED.canonical(vector))
            .getMessage());
  }
}
