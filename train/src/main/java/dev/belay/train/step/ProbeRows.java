package dev.belay.train.step;

import java.util.Arrays;
import java.util.Random;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * Made-up rows for an input of a model: the same for every input of the same kind, different in
 * every place, and padded with zeros at the end as real rows are, so that a mask shows.
 */
final class ProbeRows {
  private static final int EXAMPLES = 4;
  private static final int LENGTH = 7;
  private static final String[] WORDS = {"a", "the film was good", "b c", "not good"};

  private ProbeRows() {}

  /**
   * Rows; the caller closes them.
   *
   * @param table number of rows of the table in which whole numbers are looked up; null if there is
   *     none, for which 0 and 1 are safe
   */
  static Tensor of(DataType dtype, Shape declared, Integer table) {
    Shape shape = shape(declared);
    int size = Math.toIntExact(shape.size());
    double[] values = values(shape, size, dtype, table == null ? 2 : table);
    return switch (dtype) {
      case DT_INT32 ->
          TInt32.tensorOf(
              shape, DataBuffers.of(Arrays.stream(values).mapToInt(v -> (int) v).toArray()));
      case DT_INT64 ->
          TInt64.tensorOf(
              shape, DataBuffers.of(Arrays.stream(values).mapToLong(v -> (long) v).toArray()));
      case DT_FLOAT -> {
        float[] floats = new float[size];
        for (int i = 0; i < size; i++) {
          floats[i] = (float) values[i];
        }
        yield TFloat32.tensorOf(shape, DataBuffers.of(floats));
      }
      case DT_DOUBLE -> TFloat64.tensorOf(shape, DataBuffers.of(values));
      case DT_BOOL -> {
        boolean[] truths = new boolean[size];
        for (int i = 0; i < size; i++) {
          truths[i] = values[i] != 0;
        }
        yield TBool.tensorOf(shape, DataBuffers.of(truths));
      }
      case DT_STRING -> {
        String[] texts = new String[size];
        for (int i = 0; i < size; i++) {
          texts[i] = WORDS[i % WORDS.length];
        }
        yield TString.tensorOf(shape, DataBuffers.ofObjects(texts));
      }
      default -> throw new IllegalArgumentException("no rows of type " + dtype + " are known");
    };
  }

  /** Chooses dimensions that the model leaves open: number of examples and tokens. */
  private static Shape shape(Shape declared) {
    if (declared.isUnknown()) {
      return Shape.of(EXAMPLES, LENGTH);
    }
    long[] sizes = declared.asArray();
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == Shape.UNKNOWN_SIZE) {
        sizes[i] = i == 0 ? EXAMPLES : LENGTH;
      }
    }
    return Shape.of(sizes);
  }

  private static double[] values(Shape shape, int size, DataType dtype, int table) {
    Random random = new Random(size);
    boolean whole = dtype != DataType.DT_FLOAT && dtype != DataType.DT_DOUBLE;
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      double value = whole ? 1 + random.nextInt(Math.max(1, table - 1)) : random.nextGaussian();
      values[i] = isPadding(shape, i) ? 0 : Math.min(value, whole ? table - 1 : value);
    }
    return values;
  }

  /** Rows are ever shorter; the first has no padding, and none is all of it. */
  private static boolean isPadding(Shape shape, int index) {
    if (shape.numDimensions() < 2) {
      return false;
    }
    int length = Math.toIntExact(shape.get(1));
    int position = index;
    for (int i = 2; i < shape.numDimensions(); i++) {
      position /= Math.max(1, Math.toIntExact(shape.get(i)));
    }
    int row = position / length;
    return position % length >= Math.max(1, length - 2 * row);
  }
}
