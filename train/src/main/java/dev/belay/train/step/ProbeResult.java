package dev.belay.train.step;

import java.util.List;

/**
 * What a probe gave.
 *
 * @param name of the probe
 * @param difference largest one from what it must give, as a part of the largest element
 * @param tolerance of that
 * @param firstMillis of the first run, in which kernels are loaded or compiled
 * @param millis of the fastest later run
 * @param gigaflops in the fastest run; 0 where its speed is that of memory
 * @param placement where its operations ran, such as {@code MatMul on GPU:0}
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
