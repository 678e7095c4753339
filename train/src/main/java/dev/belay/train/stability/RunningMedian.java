package dev.belay.train.stability;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalDouble;

/** The median of the last norms of updates that were made. */
final class RunningMedian {
  private static final int WINDOW = 101;
  private static final int ENOUGH = 10;

  private final Deque<Double> recent = new ArrayDeque<>();

  void add(double norm) {
    recent.add(norm);
    if (recent.size() > WINDOW) {
      recent.remove();
    }
  }

  /** Those that the median is of, oldest first. */
  List<Double> recent() {
    return List.copyOf(recent);
  }

  /** Empty while there are too few to say what is usual. */
  OptionalDouble median() {
    if (recent.size() < ENOUGH) {
      return OptionalDouble.empty();
    }
    double[] sorted = recent.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }
}
