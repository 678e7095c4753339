package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.tensor.TensorSpec;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.object.datatype.OrderedDataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Converts the Java arrays that jHDF returns to the bytes of a tensor. */
final class Elements {
  private Elements() {}

  /** Returns whether a dataset is contiguous in its file, little-endian, in the type of a spec. */
  static boolean areStoredAs(TensorSpec spec, Dataset dataset) {
    return dataset instanceof ContiguousDataset contiguous
        && dataset.getDataType() instanceof OrderedDataType ordered
        && ordered.getByteOrder() == ByteOrder.LITTLE_ENDIAN
        && dataset.getDataType().getSize() == spec.elementBytes()
        && spec.elements() > 0
        && contiguous.getBuffer().remaining() == spec.bytes();
  }

  /**
   * The elements one after the other; the buffer's position is after the last.
   *
   * @param elements an array of a primitive type, or one boxed number
   * @param size of the buffer in bytes
   */
  static ByteBuffer littleEndian(Object elements, int size) {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    if (elements instanceof float[] floats) {
      bytes.asFloatBuffer().put(floats);
      return advanced(bytes, floats.length, Float.BYTES);
    }
    if (elements instanceof double[] doubles) {
      bytes.asDoubleBuffer().put(doubles);
      return advanced(bytes, doubles.length, Double.BYTES);
    }
    if (elements instanceof long[] longs) {
      bytes.asLongBuffer().put(longs);
      return advanced(bytes, longs.length, Long.BYTES);
    }
    if (elements instanceof int[] ints) {
      bytes.asIntBuffer().put(ints);
      return advanced(bytes, ints.length, Integer.BYTES);
    }
    if (elements instanceof short[] shorts) {
      bytes.asShortBuffer().put(shorts);
      return advanced(bytes, shorts.length, Short.BYTES);
    }
    if (elements instanceof byte[] single) {
      return bytes.put(single);
    }
    return one(elements, bytes);
  }

  private static ByteBuffer one(Object element, ByteBuffer bytes) {
    if (element instanceof Float number) {
      return bytes.putFloat(number);
    }
    if (element instanceof Double number) {
      return bytes.putDouble(number);
    }
    if (element instanceof Long number) {
      return bytes.putLong(number);
    }
    if (element instanceof Integer number) {
      return bytes.putInt(number);
    }
    if (element instanceof Short number) {
      return bytes.putShort(number);
    }
    if (element instanceof Byte number) {
      return bytes.put(number);
    }
    throw new IllegalArgumentException("elements of " + element.getClass());
  }

  private static ByteBuffer advanced(ByteBuffer bytes, int elements, int width) {
    return bytes.position(Math.multiplyExact(elements, width));
  }
}
