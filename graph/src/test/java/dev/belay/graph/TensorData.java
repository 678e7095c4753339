package dev.belay.graph;

import org.tensorflow.RawTensor;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/** Arrays to tensors and back, for tests. */
public final class TensorData {
  private TensorData() {}

  /** The caller closes it. */
  public static TFloat32 of(Shape shape, float... values) {
    return TFloat32.tensorOf(shape, DataBuffers.of(values));
  }

  /** The caller closes it. */
  public static TFloat64 of(Shape shape, double... values) {
    return TFloat64.tensorOf(shape, DataBuffers.of(values));
  }

  /** The caller closes it. */
  public static TInt32 of(Shape shape, int... values) {
    return TInt32.tensorOf(shape, DataBuffers.of(values));
  }

  public static float[] floats(Tensor tensor) {
    RawTensor raw = ((TFloat32) tensor).asRawTensor();
    float[] values = new float[(int) raw.shape().size()];
    raw.data().asFloats().read(values);
    return values;
  }

  public static double[] doubles(Tensor tensor) {
    RawTensor raw = ((TFloat64) tensor).asRawTensor();
    double[] values = new double[(int) raw.shape().size()];
    raw.data().asDoubles().read(values);
    return values;
  }

  public static float scalar(Tensor tensor) {
    return ((TFloat32) tensor).getFloat();
  }
}
