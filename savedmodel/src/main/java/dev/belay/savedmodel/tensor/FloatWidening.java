package dev.belay.savedmodel.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/**
 * Tensors with half-precision elements widened to float32: float16 and bfloat16 are converted when
 * they are read, exactly, since float32 holds every value of both.
 *
 * @param stored the tensors as their file has them
 */
public record FloatWidening(NamedTensors stored) implements NamedTensors {
  private static final int FLOAT16_EXPONENT_BITS = 5;
  private static final int FLOAT16_MANTISSA_BITS = 10;
  private static final int FLOAT16_BIAS = 15;

  @Override
  public Set<String> names() {
    return stored.names();
  }

  /** The stored spec, with {@code DT_FLOAT} in place of half precision. */
  @Override
  public TensorSpec spec(String name) {
    TensorSpec spec = stored.spec(name);
    return isHalf(spec.dtype()) ? new TensorSpec(DataType.DT_FLOAT, spec.shape()) : spec;
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return isHalf(stored.spec(name).dtype())
        ? pieces(name).joined(spec(name).bytes())
        : stored.read(name);
  }

  @Override
  public TensorPieces pieces(String name) {
    DataType dtype = stored.spec(name).dtype();
    return isHalf(dtype)
        ? sink -> stored.pieces(name).forEach(narrow -> widen(narrow, dtype, sink))
        : stored.pieces(name);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return stored.readStrings(name);
  }

  private static boolean isHalf(DataType dtype) {
    return dtype == DataType.DT_HALF || dtype == DataType.DT_BFLOAT16;
  }

  private static void widen(ByteBuffer narrow, DataType dtype, TensorPieces.Sink sink)
      throws IOException {
    int most = TensorPieces.PIECE_BYTES / Float.BYTES * Short.BYTES;
    for (int at = narrow.position(); at < narrow.limit(); at += most) {
      int bytes = Math.min(most, narrow.limit() - at);
      sink.accept(widen(narrow.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN), dtype));
    }
  }

  private static ByteBuffer widen(ByteBuffer narrow, DataType dtype) {
    int elements = narrow.remaining() / Short.BYTES;
    ByteBuffer wide = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      short bits = narrow.getShort(i * Short.BYTES);
      if (dtype == DataType.DT_BFLOAT16) {
        wide.putInt(bits << Short.SIZE);
      } else {
        wide.putFloat(fromFloat16(bits));
      }
    }
    return wide.flip();
  }

  /**
   * The value of a float16.
   *
   * <p>Source: IEEE 754 binary16: 1 bit of sign, 5 of exponent with bias 15, 10 of mantissa.
   */
  static float fromFloat16(short bits) {
    int sign = (bits & 0x8000) << Short.SIZE;
    int exponent = (bits >> FLOAT16_MANTISSA_BITS) & ((1 << FLOAT16_EXPONENT_BITS) - 1);
    int mantissa = bits & ((1 << FLOAT16_MANTISSA_BITS) - 1);
    if (exponent == 0) {
      float subnormal = Math.scalb((float) mantissa, 1 - FLOAT16_BIAS - FLOAT16_MANTISSA_BITS);
      return sign == 0 ? subnormal : -subnormal;
    }
    int wideExponent =
        exponent == (1 << FLOAT16_EXPONENT_BITS) - 1
            ? Float.MAX_EXPONENT + 1
            : exponent - FLOAT16_BIAS;
    int float32MantissaBits = 23;
    return Float.intBitsToFloat(
        sign
            | (wideExponent + Float.MAX_EXPONENT) << float32MantissaBits
            | mantissa << (float32MantissaBits - FLOAT16_MANTISSA_BITS));
  }
}
