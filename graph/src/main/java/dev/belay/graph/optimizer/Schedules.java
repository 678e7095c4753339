package dev.belay.graph.optimizer;

/**
 * Usual schedules. Each begins with linear warm-up. After that the rate is a function of the share
 * of the remaining steps that is done, {@code p = (t - 1 - warmup) / (total - warmup)}, and keeps
 * its end value after the last step.
 */
public final class Schedules {
  private Schedules() {}

  /**
   * Parameters that all schedules need.
   *
   * @param peak learning rate after the warm-up; 0 or more
   * @param warmupSteps 0 or more
   * @param totalSteps at least 1, the warm-up included
   */
  public record Span(double peak, long warmupSteps, long totalSteps) {
    public Span {
      if (!(peak >= 0) || Double.isInfinite(peak)) {
        throw new IllegalArgumentException(
            "The learning rate must be a finite number of 0 or more, such as 5e-5; found "
                + peak
                + ".");
      }
      if (totalSteps < 1 || warmupSteps < 0 || warmupSteps > totalSteps) {
        throw new IllegalArgumentException(
            "The warm-up must be 0 to all of the training's steps; found "
                + warmupSteps
                + " warm-up steps of "
                + totalSteps
                + ".");
      }
    }

    /** The warm-up, then a decay by the share done, from 0 to 1. */
    private Schedule then(Decay decay) {
      return step -> {
        long done = requireStep(step) - 1;
        if (done < warmupSteps) {
          return peak * done / warmupSteps;
        }
        long remaining = totalSteps - warmupSteps;
        return decay.at(
            remaining == 0 ? 1 : Math.min(1, (double) (done - warmupSteps) / remaining));
      };
    }
  }

  /** Learning rate by the share of the steps after the warm-up that is done. */
  private interface Decay {
    double at(double share);
  }

  /** The peak throughout; get_constant_schedule_with_warmup. */
  public static Schedule constant(Span span) {
    return span.then(share -> span.peak());
  }

  /** A straight line to {@code end}; get_linear_schedule_with_warmup for end 0. */
  public static Schedule linear(Span span, double end) {
    return polynomial(span, end, 1);
  }

  /** {@code end + (peak - end) (1 - p)^power}; get_polynomial_decay_schedule_with_warmup. */
  public static Schedule polynomial(Span span, double end, double power) {
    return span.then(share -> end + (span.peak() - end) * Math.pow(1 - share, power));
  }

  /** Half a wave of the cosine from the peak to 0; get_cosine_schedule_with_warmup. */
  public static Schedule cosine(Span span) {
    return span.then(share -> span.peak() * 0.5 * (1 + Math.cos(Math.PI * share)));
  }

  /**
   * {@code peak * sqrt(scale / (t - 1))} after the warm-up, where scale is the warm-up's length, or
   * without warm-up {@code peak / sqrt(1 + (t - 1) / 10000)}; get_inverse_sqrt_schedule. The total
   * has no effect.
   */
  public static Schedule inverseSqrt(Span span) {
    long scale = span.warmupSteps() > 0 ? span.warmupSteps() : 10_000;
    long shift = scale - span.warmupSteps();
    return step -> {
      long done = requireStep(step) - 1;
      return done < span.warmupSteps()
          ? span.peak() * done / span.warmupSteps()
          : span.peak() / Math.sqrt((double) (done + shift) / scale);
    };
  }

  /**
   * google-research/bert: as {@link #linear}, but the line starts at step 1, under the warm-up, so
   * that the rate drops a little when the warm-up ends.
   */
  public static Schedule bertLinear(Span span, double end) {
    return step -> {
      long done = requireStep(step) - 1;
      return done < span.warmupSteps()
          ? span.peak() * done / span.warmupSteps()
          : end + (span.peak() - end) * (1 - Math.min(1, (double) done / span.totalSteps()));
    };
  }

  private static long requireStep(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("Steps count from 1; found " + step + ".");
    }
    return step;
  }
}
