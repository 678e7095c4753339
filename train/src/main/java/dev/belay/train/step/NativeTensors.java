package dev.belay.train.step;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.RawTensor;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.buffer.DataStorageVisitor;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/** Tensors to and from little-endian bytes. */
final class NativeTensors {
  private static final Map<DataType, Class<? extends TType>> TYPES =
      Map.of(
          DataType.DT_FLOAT, TFloat32.class,
          DataType.DT_DOUBLE, TFloat64.class,
          DataType.DT_HALF, TFloat16.class,
          DataType.DT_BFLOAT16, TBfloat16.class,
          DataType.DT_INT32, TInt32.class,
          DataType.DT_INT64, TInt64.class,
          DataType.DT_UINT8, TUint8.class,
          DataType.DT_BOOL, TBool.class);

  private NativeTensors() {}

  /** A tensor with a copy of the bytes; the caller closes it. */
  static Tensor of(DataType dtype, Shape shape, ByteBuffer bytes) {
    Class<? extends TType> type = TYPES.get(dtype);
    if (type == null) {
      throw new IllegalArgumentException(
          "a variable of type " + dtype + " cannot be set from bytes; known: " + TYPES.keySet());
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return Tensor.of(type, shape, DataBuffers.of(copy, true, false));
  }

  /** A copy of the elements. */
  static ByteBuffer bytes(Tensor tensor) {
    RawTensor raw = tensor.asRawTensor();
    ByteDataBuffer data = raw.data();
    byte[] copy = new byte[Math.toIntExact(data.size())];
    data.read(copy);
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The elements where they are, not copied; only while the tensor is not closed, which nothing
   * checks: a read after that is a read of somebody else's memory.
   */
  static ByteBuffer view(Tensor tensor) {
    ByteBuffer view = tensor.asRawTensor().data().accept(new MemoryOf());
    return view == null ? bytes(tensor) : view.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Finds the memory behind a buffer; null where it cannot be had as one. */
  private static final class MemoryOf implements DataStorageVisitor<ByteBuffer> {
    @Override
    public ByteBuffer visit(ByteBuffer buffer) {
      return buffer.duplicate();
    }

    @Override
    public ByteBuffer visit(long address, long length, long scale) {
      return length * scale > Integer.MAX_VALUE
          ? null
          : new Memory(address, length * scale).asByteBuffer();
    }

    @Override
    public ByteBuffer fallback() {
      return null;
    }
  }

  /** A pointer that owns nothing. */
  private static final class Memory extends BytePointer {
    Memory(long address, long bytes) {
      super((Pointer) null);
      this.address = address;
      this.capacity = bytes;
      this.limit = bytes;
    }
  }

  /** A copy of the elements of a float32 tensor. */
  static float[] floats(Tensor tensor) {
    float[] copy = new float[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().asFloats().read(copy);
    return copy;
  }
}
