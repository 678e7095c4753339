package dev.belay.tools.console;

import dev.belay.train.event.RunEvent;

/**
 * The speed of a run as a moving average, in which the first step, which warms up, is soon
 * forgotten; and the totals of this process.
 */
final class Pace {
  private static final double WEIGHT_OF_NEWEST = 0.1;

  private long steps;
  private long examples;
  private long finiteSteps;
  private double lossSum;
  private double totalSeconds;
  private double stepSeconds;
  private double examplesPerStep;

  void add(RunEvent.Trained step) {
    double seconds = step.stepMillis() / 1000;
    double weight = steps < 2 ? 1 : WEIGHT_OF_NEWEST;
    stepSeconds += weight * (seconds - stepSeconds);
    examplesPerStep += weight * (step.examples() - examplesPerStep);
    steps++;
    examples += step.examples();
    totalSeconds += seconds;
    if (Float.isFinite(step.loss())) {
      finiteSteps++;
      lossSum += step.loss();
    }
  }

  /** Whether there was a step after the first one. */
  boolean known() {
    return steps > 1;
  }

  double examplesPerSecond() {
    return stepSeconds > 0 ? examplesPerStep / stepSeconds : 0;
  }

  double secondsFor(long steps) {
    return steps * stepSeconds;
  }

  /** Steps a second over all steps of this process. */
  double meanStepsPerSecond() {
    return totalSeconds > 0 ? steps / totalSeconds : 0;
  }

  /** Examples a second over all steps of this process. */
  double meanExamplesPerSecond() {
    return totalSeconds > 0 ? examples / totalSeconds : 0;
  }

  /** The mean of the losses of this process that are finite; NaN where there is none. */
  double meanLoss() {
    return lossSum / finiteSteps;
  }
}
