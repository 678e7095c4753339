package dev.belay.train.report;

import java.util.Arrays;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Histograms as tf.summary.histogram of TensorFlow 2 makes them. */
final class Histogram {
  /** As tf.summary.histogram has it by default. */
  private static final int BUCKETS = 30;

  private Histogram() {}

  /**
   * Equal buckets between the least and the largest value, one row [left, right, count] each; what
   * is not finite is left out. One value, or several that are equal, get one bucket of width 1.
   *
   * @return float64 [K, 3]; [0, 3] where nothing is finite
   */
  static TensorProto of(double[] values) {
    double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
    if (finite.length == 0) {
      return rows(new double[0]);
    }
    double least = Arrays.stream(finite).min().getAsDouble();
    double largest = Arrays.stream(finite).max().getAsDouble();
    double width = (largest - least) / BUCKETS;
    if (!(width > 0)) {
      return rows(new double[] {least - 0.5, largest + 0.5, finite.length});
    }
    double[] flat = new double[3 * BUCKETS];
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      flat[3 * bucket] = least + bucket * width;
      flat[3 * bucket + 1] = bucket == BUCKETS - 1 ? largest : least + (bucket + 1) * width;
    }
    for (double value : finite) {
      int bucket = Math.min(BUCKETS - 1, (int) ((value - least) / width));
      flat[3 * bucket + 2]++;
    }
    return rows(flat);
  }

  private static TensorProto rows(double[] flat) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_DOUBLE)
            .setTensorShape(
                TensorShapeProto.newBuilder()
                    .addDim(TensorShapeProto.Dim.newBuilder().setSize(flat.length / 3))
                    .addDim(TensorShapeProto.Dim.newBuilder().setSize(3)));
    for (double value : flat) {
      tensor.addDoubleVal(value);
    }
    return tensor.build();
  }
}
