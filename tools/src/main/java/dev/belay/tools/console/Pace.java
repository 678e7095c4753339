package dev.belay.tools.console;

import dev.belay.train.RunEvent;

/** How fast a run goes, as a moving average: the first step, which warms up, is soon forgotten. */
final class Pace {
  private static final double WEIGHT_OF_NEWEST = 0.1;

  private long steps;
  private long clippedSteps;
  private double stepSeconds;
  private double examplesPerStep;

  void add(RunEvent.Trained step) {
    double seconds = step.stepMillis() / 1000;
    double weight = steps < 2 ? 1 : WEIGHT_OF_NEWEST;
    stepSeconds += weight * (seconds - stepSeconds);
    examplesPerStep += weight * (step.examples() - examplesPerStep);
    steps++;
    clippedSteps += step.clipped() ? 1 : 0;
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

  double clippedFraction() {
    return steps == 0 ? 0 : (double) clippedSteps / steps;
  }
}
