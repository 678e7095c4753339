package dev.belay.train.step;

import dev.belay.train.data.batch.BatchColumn;
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

/** Columns of a batch as tensors of the type that a model needs. */
final class BatchTensors {
  private BatchTensors() {}

  /**
   * One column as a tensor; the caller closes it.
   *
   * @param rank 1 for [B], where the column has one element per example; 2 for [B, T]
   */
  static Tensor of(BatchColumn column, DataType dtype, int rank) {
    Shape shape = rank == 1 ? Shape.of(column.rows()) : Shape.of(column.rows(), column.columns());
    if (column instanceof BatchColumn.Texts texts) {
      return TString.tensorOf(shape, DataBuffers.ofObjects(texts.values().toArray(new String[0])));
    }
    return switch (dtype) {
      case DT_INT32 -> TInt32.tensorOf(shape, DataBuffers.of(ints(column)));
      case DT_INT64 -> TInt64.tensorOf(shape, DataBuffers.of(longs(column)));
      case DT_FLOAT -> TFloat32.tensorOf(shape, DataBuffers.of(floats(column)));
      case DT_DOUBLE -> TFloat64.tensorOf(shape, DataBuffers.of(doubles(column)));
      case DT_BOOL -> TBool.tensorOf(shape, DataBuffers.of(booleans(column)));
      default ->
          throw new IllegalArgumentException(
              "a column of a data file cannot become a tensor of type " + dtype);
    };
  }

  private static int[] ints(BatchColumn column) {
    if (column instanceof BatchColumn.IntMatrix matrix) {
      return matrix.values();
    }
    throw new IllegalArgumentException("expected a column of whole numbers, found " + column);
  }

  private static long[] longs(BatchColumn column) {
    int[] values = ints(column);
    long[] wide = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static float[] floats(BatchColumn column) {
    if (column instanceof BatchColumn.FloatMatrix matrix) {
      return matrix.values();
    }
    int[] values = ints(column);
    float[] converted = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      converted[i] = values[i];
    }
    return converted;
  }

  private static double[] doubles(BatchColumn column) {
    float[] values = floats(column);
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static boolean[] booleans(BatchColumn column) {
    int[] values = ints(column);
    boolean[] converted = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      converted[i] = values[i] != 0;
    }
    return converted;
  }
}
