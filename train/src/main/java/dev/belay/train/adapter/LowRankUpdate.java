package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.WeightLayout;
import java.util.List;

/** Product of an adapter's matrices, {@code s A B}, laid out as the weight that it belongs to. */
final class LowRankUpdate {
  private LowRankUpdate() {}

  /**
   * Multiplies.
   *
   * @param a [r, inputs]
   * @param b [outputs, r]
   * @return an element for each of the weight's
   */
  static double[] of(AdaptedWeight adapted, float[] a, float[] b) {
    WeightLayout layout = adapted.layout();
    double[] values = operand(adapted, a, b);
    for (int i = layout.steps().size() - 1; i >= 0; i--) {
      WeightLayout.Step step = layout.steps().get(i);
      if (!step.order().isEmpty()) {
        values = before(values, step);
      }
    }
    return values;
  }

  private static double[] operand(AdaptedWeight adapted, float[] a, float[] b) {
    WeightLayout layout = adapted.layout();
    int inputs = Math.toIntExact(WeightLayout.elements(layout.inputs()));
    int outputs = Math.toIntExact(WeightLayout.elements(layout.outputs()));
    int rank = adapted.rank().size();
    double[] values = new double[Math.multiplyExact(inputs, outputs)];
    int[] input = positions(layout, true);
    int[] output = positions(layout, false);
    for (int at = 0; at < values.length; at++) {
      double sum = 0;
      for (int r = 0; r < rank; r++) {
        sum += (double) a[r * inputs + input[at]] * b[output[at] * rank + r];
      }
      values[at] = adapted.rank().scale() * sum;
    }
    return values;
  }

  /** For each element of the operand its number among the axes of one role. */
  private static int[] positions(WeightLayout layout, boolean summed) {
    List<Long> sizes = layout.operand();
    int[] positions = new int[Math.toIntExact(WeightLayout.elements(sizes))];
    for (int at = 0; at < positions.length; at++) {
      int rest = at;
      int stride = 1;
      for (int axis = sizes.size() - 1; axis >= 0; axis--) {
        int size = Math.toIntExact(sizes.get(axis));
        if (layout.contracted().get(axis) == summed) {
          positions[at] += rest % size * stride;
          stride *= size;
        }
        rest /= size;
      }
    }
    return positions;
  }

  /** The elements in the order that they had before a transposition. */
  private static double[] before(double[] values, WeightLayout.Step step) {
    int axes = step.order().size();
    long[] strides = new long[axes]; // of the source, by its axes
    long[] source = new long[axes];
    for (int axis = 0; axis < axes; axis++) {
      source[step.order().get(axis)] = step.shape().get(axis);
    }
    long stride = 1;
    for (int axis = axes - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= source[axis];
    }
    double[] moved = new double[values.length];
    for (int at = 0; at < values.length; at++) {
      long rest = at;
      long to = 0;
      for (int axis = axes - 1; axis >= 0; axis--) {
        long size = step.shape().get(axis);
        to += rest % size * strides[step.order().get(axis)];
        rest /= size;
      }
      moved[Math.toIntExact(to)] = values[at];
    }
    return moved;
  }
}
