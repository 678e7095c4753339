package dev.belay.savedmodel.tensor;

import java.util.EnumMap;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Type and shape of a tensor.
 *
 * @param dtype the element type
 * @param shape the fully defined shape
 */
public record TensorSpec(DataType dtype, Shape shape) {
  private static final Map<DataType, Integer> ELEMENT_BYTES = new EnumMap<>(DataType.class);

  static {
    ELEMENT_BYTES.put(DataType.DT_BOOL, 1);
    ELEMENT_BYTES.put(DataType.DT_INT8, 1);
    ELEMENT_BYTES.put(DataType.DT_UINT8, 1);
    ELEMENT_BYTES.put(DataType.DT_QINT8, 1);
    ELEMENT_BYTES.put(DataType.DT_QUINT8, 1);
    ELEMENT_BYTES.put(DataType.DT_INT16, 2);
    ELEMENT_BYTES.put(DataType.DT_UINT16, 2);
    ELEMENT_BYTES.put(DataType.DT_QINT16, 2);
    ELEMENT_BYTES.put(DataType.DT_QUINT16, 2);
    ELEMENT_BYTES.put(DataType.DT_HALF, 2);
    ELEMENT_BYTES.put(DataType.DT_BFLOAT16, 2);
    ELEMENT_BYTES.put(DataType.DT_INT32, 4);
    ELEMENT_BYTES.put(DataType.DT_UINT32, 4);
    ELEMENT_BYTES.put(DataType.DT_QINT32, 4);
    ELEMENT_BYTES.put(DataType.DT_FLOAT, 4);
    ELEMENT_BYTES.put(DataType.DT_INT64, 8);
    ELEMENT_BYTES.put(DataType.DT_UINT64, 8);
    ELEMENT_BYTES.put(DataType.DT_DOUBLE, 8);
    ELEMENT_BYTES.put(DataType.DT_COMPLEX64, 8);
    ELEMENT_BYTES.put(DataType.DT_COMPLEX128, 16);
  }

  /** Returns whether the elements have a fixed size: numbers, as opposed to strings and handles. */
  public boolean isNumeric() {
    return ELEMENT_BYTES.containsKey(dtype);
  }

  /**
   * The size of one element in bytes.
   *
   * @throws IllegalStateException if the elements have no fixed size
   */
  public int elementBytes() {
    Integer bytes = ELEMENT_BYTES.get(dtype);
    if (bytes == null) {
      throw new IllegalStateException("elements of " + dtype + " have no fixed size");
    }
    return bytes;
  }

  /**
   * The number of elements; 1 for a scalar.
   *
   * @throws IllegalStateException if the shape is not fully defined
   * @throws ArithmeticException if a long cannot count them
   */
  public long elements() {
    if (shape.isUnknown() || shape.hasUnknownDimension()) {
      throw new IllegalStateException("shape " + shape + " is not fully defined");
    }
    long elements = 1;
    for (long dimension : shape.asArray()) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }

  /**
   * The size of all elements in bytes.
   *
   * @throws IllegalStateException if the elements have no fixed size or the shape is not defined
   * @throws ArithmeticException if a long cannot count them
   */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) elementBytes());
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
