package dev.belay.train.step;

import java.util.List;

/**
 * Result of a probe.
 *
 * @param name of the probe
 * @param difference largest difference from the expected result, relative to the largest element
 * @param tolerance of the difference
 * @param firstMillis of the first run, in which kernels are loaded or compiled
 * @param millis of the fastest later run
 * @param gigaflops in the fastest run; 0 where memory bandwidth limits its speed
 * @param placement devices of its operations, such as {@code MatMul on GPU:0}
 */
public record ProbeResult(
    String name,
    double difference,
    double tolerance,
    double firstMillis,
    double millis,
    double gigaflops,
    List<String> placement) {
  public ProbeResult {
    placement = List.copyOf(placement);
  }

  /** Whether the device computed what it must. */
  public boolean isRight() {
    return difference <= tolerance; // and not for NaN
  }
}
