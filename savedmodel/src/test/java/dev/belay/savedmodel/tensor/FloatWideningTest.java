package dev.belay.savedmodel.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class FloatWideningTest {
  /** Values of IEEE 754 binary16 that are written in its tables. */
  @ParameterizedTest
  @CsvSource({
    "0000, 0.0",
    "8000, -0.0",
    "3c00, 1.0",
    "c000, -2.0",
    "7bff, 65504.0",
    "0400, 6.103515625E-5",
    "0001, 5.9604644775390625E-8",
    "03ff, 6.097555160522461E-5",
    "3555, 0.333251953125",
    "7c00, Infinity",
    "fc00, -Infinity",
    "7e00, NaN"
  })
  void everyKindOfFloat16IsExact(String bits, float value) {
    assertEquals(value, FloatWidening.fromFloat16((short) Integer.parseInt(bits, 16)));
  }

  /** Between two neighbours of float16 there is no third: order and distance are kept. */
  @Test
  void finiteFloat16sRise() {
    float before = Float.NEGATIVE_INFINITY;
    for (int bits = 0; bits < 0x7c00; bits++) {
      float value = FloatWidening.fromFloat16((short) bits);
      assertEquals(1, Float.compare(value, before), "bits " + bits);
      assertEquals(-value, FloatWidening.fromFloat16((short) (bits | 0x8000)));
      before = value;
    }
  }

  /** The word embeddings of a large vocabulary do not have to fit into the heap twice. */
  @Test
  void aLargeTensorIsWidenedInPieces() throws IOException {
    TensorSpec spec = new TensorSpec(DataType.DT_HALF, Shape.of(1000, 1001));
    ByteBuffer narrow = ByteBuffer.allocate((int) spec.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < spec.elements(); i++) {
      narrow.putShort((short) i);
    }
    MemoryTensors stored = new MemoryTensors();
    stored.put("words", spec, narrow.flip());
    FloatWidening wide = new FloatWidening(stored);
    List<Integer> sizes = new ArrayList<>();
    wide.pieces("words").forEach(piece -> sizes.add(piece.remaining()));
    assertTrue(sizes.size() > 2, sizes.toString());
    assertTrue(sizes.stream().allMatch(size -> size <= TensorPieces.PIECE_BYTES), sizes.toString());
    ByteBuffer all = wide.read("words");
    assertEquals(wide.spec("words").bytes(), all.remaining());
    for (int i = 0; i < spec.elements(); i += 997) {
      assertEquals(FloatWidening.fromFloat16((short) i), all.getFloat(i * Float.BYTES));
    }
  }
}
