package dev.belay.train.report.html;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;

/** A curve: values by step, in the order of steps, as it grows and as a chart draws it. */
final class Series {
  /** A chart is at most some 1,200 pixels wide, so that more points would not be seen. */
  private static final int BUCKETS = 1000;

  private static final MathContext DIGITS = new MathContext(6);

  private final String name;
  private long[] steps = new long[64];
  private double[] values = new double[64];
  private int size;

  Series(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  int size() {
    return size;
  }

  long step(int i) {
    return steps[i];
  }

  double value(int i) {
    return values[i];
  }

  double last() {
    return values[size - 1];
  }

  void add(long step, double value) {
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    steps[size] = step;
    values[size++] = value;
  }

  /** Forgets the points from a step on: a resumed run has made them again. */
  void forgetFrom(long step) {
    while (size > 0 && steps[size - 1] >= step) {
      size--;
    }
  }

  /** The median of the finite values from one index to before another; NaN without any. */
  double median(int from, int to) {
    double[] sorted =
        Arrays.stream(values, Math.max(0, from), Math.min(size, to))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * An exponential moving average of the finite values, without the bias of its first steps; it
   * looks back over about that many points.
   */
  Series smoothed(String newName, int points) {
    Series smooth = new Series(newName);
    double keep = 1 - 1.0 / Math.max(1, points);
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < size; i++) {
      if (Double.isFinite(values[i])) {
        sum = keep * sum + (1 - keep) * values[i];
        weight = keep * weight + (1 - keep);
        smooth.add(steps[i], points <= 1 ? values[i] : sum / weight);
      }
    }
    return smooth;
  }

  /**
   * The same curve with few points: of each stretch the least and the largest value and the first
   * that is not finite, so that no spike and no NaN is lost.
   */
  Series thinned() {
    if (size <= 2 * BUCKETS) {
      return this;
    }
    Series thin = new Series(name);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      int from = (int) ((long) size * bucket / BUCKETS);
      int to = (int) ((long) size * (bucket + 1) / BUCKETS);
      for (int i : notable(from, to)) {
        thin.add(steps[i], values[i]);
      }
    }
    return thin;
  }

  private int[] notable(int from, int to) {
    int least = -1;
    int largest = -1;
    int notFinite = -1;
    for (int i = from; i < to; i++) {
      if (!Double.isFinite(values[i])) {
        notFinite = notFinite < 0 ? i : notFinite;
        continue;
      }
      least = least < 0 || values[i] < values[least] ? i : least;
      largest = largest < 0 || values[i] > values[largest] ? i : largest;
    }
    return Arrays.stream(new int[] {least, largest, notFinite})
        .filter(i -> i >= 0)
        .distinct()
        .sorted()
        .toArray();
  }

  /** {@code {"name":.., "x":[..], "y":[..]}}; what is not finite is a string. */
  void writeTo(ObjectNode object) {
    Series thin = thinned();
    object.put("name", name);
    ArrayNode x = object.putArray("x");
    ArrayNode y = object.putArray("y");
    for (int i = 0; i < thin.size; i++) {
      x.add(thin.steps[i]);
      add(y, thin.values[i]);
    }
  }

  /** Adds a number in few digits. */
  static void add(ArrayNode array, double value) {
    if (Double.isFinite(value)) {
      array.add(new BigDecimal(value).round(DIGITS).stripTrailingZeros());
    } else {
      array.add(Double.toString(value));
    }
  }
}
