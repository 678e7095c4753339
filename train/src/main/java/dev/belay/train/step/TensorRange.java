package dev.belay.train.step;

import java.util.List;

/**
 * Range of the values of a tensor.
 *
 * @param name of the tensor
 * @param shape of the tensor
 * @param min of the finite elements; NaN if there are none
 * @param max of the finite elements; NaN if there are none
 * @param nan number of elements that are not a number
 * @param infinite number of infinite elements
 * @param elements number of all elements
 */
public record TensorRange(
    String name, List<Long> shape, double min, double max, long nan, long infinite, long elements) {

  static TensorRange of(String name, List<Long> shape, float... values) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    long nan = 0;
    long infinite = 0;
    for (float value : values) {
      if (Float.isNaN(value)) {
        nan++;
      } else if (Float.isInfinite(value)) {
        infinite++;
      } else {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    boolean any = min <= max;
    return new TensorRange(
        name, shape, any ? min : Double.NaN, any ? max : Double.NaN, nan, infinite, values.length);
  }

  /** Whether every element is finite. */
  public boolean isFinite() {
    return nan == 0 && infinite == 0;
  }

  /** The largest finite absolute value; 0 if there is none. */
  public double magnitude() {
    return Double.isNaN(min) ? 0 : Math.max(Math.abs(min), Math.abs(max));
  }
}
