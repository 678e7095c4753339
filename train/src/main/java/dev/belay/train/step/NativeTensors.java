package dev.belay.train.step;

import dev.belay.savedmodel.tensor.TensorPieces;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
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
public final class NativeTensors {
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

  /**
   * A tensor with these elements, which go straight into its memory; the caller closes it.
   *
   * @throws IllegalArgumentException if their number does not match type and shape
   */
  public static Tensor of(DataType dtype, Shape shape, TensorPieces elements) throws IOException {
    Class<? extends TType> type = TYPES.get(dtype);
    if (type == null) {
      throw new IllegalArgumentException(
          "a variable of type " + dtype + " cannot be set from bytes; known: " + TYPES.keySet());
    }
    Tensor tensor = Tensor.of(type, shape);
    try {
      ByteBuffer memory = view(tensor);
      elements.forEach(
          piece -> {
            requireFit(tensor, piece.remaining() <= memory.remaining());
            memory.put(piece.duplicate());
          });
      requireFit(tensor, !memory.hasRemaining());
      return tensor;
    } catch (Throwable e) {
      tensor.close();
      throw e;
    }
  }

  private static void requireFit(Tensor tensor, boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException(
          "a tensor of "
              + tensor.dataType()
              + " "
              + tensor.shape()
              + " takes "
              + tensor.numBytes()
              + " bytes, neither more nor less");
    }
  }

  /**
   * The elements where they are, not copied; only until the tensor is closed, which nothing checks:
   * a later read reads foreign memory.
   *
   * @throws IllegalArgumentException if the tensor has 2 GB or more
   */
  public static ByteBuffer view(Tensor tensor) {
    ByteBuffer view = tensor.asRawTensor().data().accept(new MemoryOf());
    if (view == null) {
      throw new IllegalArgumentException(
          "a tensor of " + tensor.shape() + ", " + tensor.numBytes() + " bytes, is no one buffer");
    }
    return view.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Finds the memory of a buffer; null if it is not one piece. */
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
