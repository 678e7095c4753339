package dev.belay.savedmodel.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class LayoutTest {
  @Property(tries = 50)
  void aTransposedMatrixHasItsElementsAcross(
      @ForAll @IntRange(max = 7) int rows, @ForAll @IntRange(max = 7) int columns) {
    TensorSpec spec = new TensorSpec(DataType.DT_INT32, Shape.of(rows, columns));
    ByteBuffer elements = ByteBuffer.allocate(rows * columns * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows * columns; i++) {
      elements.putInt(i);
    }
    elements.flip();
    TensorSpec other = Layout.TRANSPOSED.canonical(spec);
    assertEquals(Shape.of(columns, rows), other.shape());
    ByteBuffer across = Layout.TRANSPOSED.reorder(spec, elements);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        assertEquals(row * columns + column, across.getInt((column * rows + row) * 4));
      }
    }
    assertEquals(elements, Layout.TRANSPOSED.reorder(other, across));
    assertEquals(spec, Layout.TRANSPOSED.stored(other));
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
        "expected a matrix, found DT_FLOAT [96]",
        assertThrows(IllegalArgumentException.class, () -> Layout.TRANSPOSED.canonical(vector))
            .getMessage());
  }
}
