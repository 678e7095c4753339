package dev.belay.train.norm;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Distribution of the gradient norms of a run before clipping, and the share of clipped steps. Uses
 * four bytes per step.
 */
public final class NormSummary {
  /** Name of the median among the percentiles; the others follow it. */
  public static final String P50 = "p50";

  public static final String P90 = "p90";
  public static final String P99 = "p99";
  public static final String MAX = "max";

  /** The percentiles that are reported. */
  private static final int[] PERCENTILES = {1, 10, 25, 50, 75, 90, 99};

  private float[] norms = new float[1024];
  private int finite;
  private long steps;
  private long clipped;

  /** Adds a step. A norm that is not finite counts as a step, and in no percentile. */
  public void add(float norm, boolean wasClipped) {
    steps++;
    clipped += wasClipped ? 1 : 0;
    if (!Float.isFinite(norm)) {
      return;
    }
    if (finite == norms.length) {
      norms = Arrays.copyOf(norms, 2 * finite);
    }
    norms[finite++] = norm;
  }

  /** Steps so far. */
  public long steps() {
    return steps;
  }

  /** Steps whose norm was not finite. */
  public long notFinite() {
    return steps - finite;
  }

  /** The share of steps whose gradients were clipped; 0 before the first. */
  public double clippedFraction() {
    return steps == 0 ? 0 : (double) clipped / steps;
  }

  /**
   * Percentiles {@code p1} to {@code p99} and {@code max} of the finite norms, interpolated between
   * neighbours as NumPy does by default; empty before the first.
   */
  public Map<String, Double> percentiles() {
    Map<String, Double> named = new LinkedHashMap<>();
    if (finite == 0) {
      return named;
    }
    float[] sorted = Arrays.copyOf(norms, finite);
    Arrays.sort(sorted);
    for (int percent : PERCENTILES) {
      named.put("p" + percent, at(sorted, percent / 100.0));
    }
    named.put(MAX, (double) sorted[finite - 1]);
    return named;
  }

  private static double at(float[] sorted, double fraction) {
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * ((double) sorted[above] - sorted[below]);
  }
}
