package dev.belay.savedmodel.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class TensorSliceTest {

  /** A dimension and a range of it. */
  record Range(long size, long start, long length) {}

  /** Element by element, by its coordinates: the slow way that cannot be wrong. */
  @Property
  void theSliceHoldsTheElementsOfItsRanges(@ForAll("ranges") List<Range> ranges) {
    Shape whole = Shape.of(ranges.stream().mapToLong(Range::size).toArray());
    TensorSpec spec = new TensorSpec(DataType.DT_UINT8, whole);
    TensorSlice slice =
        new TensorSlice(
            ranges.stream().map(r -> new TensorSlice.Extent(r.start(), r.length())).toList());
    ByteBuffer elements = ByteBuffer.allocate((int) spec.elements());
    for (int i = 0; i < elements.capacity(); i++) {
      elements.put(i, (byte) i);
    }
    ByteBuffer part = slice.cutFrom(spec, elements);
    ByteBuffer pasted = ByteBuffer.allocate(elements.capacity());
    slice.pasteInto(spec, part, pasted);
    int next = 0;
    for (int i = 0; i < elements.capacity(); i++) {
      boolean inside = contains(ranges, i);
      assertEquals(inside ? (byte) i : 0, pasted.get(i));
      if (inside) {
        assertEquals((byte) i, part.get(next++));
      }
    }
    assertEquals(next, part.remaining());
  }

  private static boolean contains(List<Range> ranges, int index) {
    long rest = index;
    for (int d = ranges.size() - 1; d >= 0; d--) {
      Range range = ranges.get(d);
      long coordinate = rest % range.size();
      rest /= range.size();
      if (coordinate < range.start() || coordinate >= range.start() + range.length()) {
        return false;
      }
    }
    return true;
  }

  @Provide
  Arbitrary<List<Range>> ranges() {
    Arbitrary<Integer> sizes = Arbitraries.integers().between(1, 5);
    return sizes
        .flatMap(
            size ->
                Combinators.combine(
                        Arbitraries.integers().between(0, size),
                        Arbitraries.integers().between(0, size))
                    .as((a, b) -> new Range(size, Math.min(a, b), Math.abs(a - b))))
        .list()
        .ofMaxSize(4);
  }

  @Test
  void wholeDimensionsNeedNoLength() {
    TensorSlice slice = TensorSlice.of(2, 3, 0, -1);
    assertEquals("2,3:-", slice.toString());
    assertEquals(Shape.of(3, 7), slice.shapeIn(Shape.of(5, 7)));
    assertEquals(TensorSlice.of(2, 3, 0, 7), slice.resolve(Shape.of(5, 7)));
  }

  @Test
  void whatLiesOutsideIsRefused() {
    TensorSlice slice = TensorSlice.of(2, 3);
    assertThrows(IllegalArgumentException.class, () -> slice.resolve(Shape.of(4)));
    assertThrows(IllegalArgumentException.class, () -> slice.resolve(Shape.of(5, 5)));
    assertThrows(IllegalArgumentException.class, () -> TensorSlice.of(-1, 3));
    assertThrows(IllegalArgumentException.class, () -> TensorSlice.of(0, -2));
    // start + length does not fit into 63 bits
    TensorSlice huge = TensorSlice.of(Long.MAX_VALUE, Long.MAX_VALUE);
    assertThrows(IllegalArgumentException.class, () -> huge.resolve(Shape.of(Long.MAX_VALUE)));
  }

  @Test
  void buffersOfTheWrongSizeAreRefused() {
    TensorSpec spec = new TensorSpec(DataType.DT_FLOAT, Shape.of(4));
    TensorSlice slice = TensorSlice.of(1, 2);
    ByteBuffer whole = ByteBuffer.allocate(16);
    assertEquals(
        "DT_FLOAT [4] has 16 bytes, got 15",
        assertThrows(
                IllegalArgumentException.class, () -> slice.cutFrom(spec, ByteBuffer.allocate(15)))
            .getMessage());
    assertEquals(
        "DT_FLOAT [2] has 8 bytes, got 12",
        assertThrows(
                IllegalArgumentException.class,
                () -> slice.pasteInto(spec, ByteBuffer.allocate(12), whole))
            .getMessage());
  }

  @Test
  void neighboursDoNotOverlap() {
    assertFalse(TensorSlice.of(0, 2, 0, 4).overlaps(TensorSlice.of(2, 2, 0, 4)));
    assertTrue(TensorSlice.of(0, 3, 0, 4).overlaps(TensorSlice.of(2, 2, 3, 1)));
  }
}
