package dev.belay.train.sweep;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One arm, trained with one seed.
 *
 * @param outcome outcome of the arm
 * @param steps updates made
 * @param reason why it did not come to its end; empty if it did
 * @param evaluations on the validation data, in order; the first is of before training
 * @param clippedFraction the share of steps whose gradients were clipped
 * @param gradNormPercentiles of the norms before the clip
 * @param seconds training and evaluation took
 */
public record ArmResult(
    Arm arm,
    long seed,
    Outcome outcome,
    long steps,
    String reason,
    List<Evaluation> evaluations,
    double clippedFraction,
    Map<String, Double> gradNormPercentiles,
    double seconds) {

  /** Outcome of an arm. */
  public enum Outcome {
    /** It made all its steps. */
    DONE,
    /** It fell behind. */
    STOPPED,
    /** A loss or a norm was not finite. */
    DIVERGED,
    /** It was not started, since it had fallen behind or diverged with an earlier seed. */
    SKIPPED
  }

  /** Metrics after a step. */
  public record Evaluation(long step, Map<String, Double> metrics) {}

  public ArmResult {
    evaluations = List.copyOf(evaluations);
  }

  /** An arm that an earlier seed has judged. */
  public static ArmResult skipped(Arm arm, long seed, String reason) {
    return new ArmResult(arm, seed, Outcome.SKIPPED, 0, reason, List.of(), 0, Map.of(), 0);
  }

  /** The metrics after a step, if the arm was evaluated there. */
  public Optional<Map<String, Double>> at(long step) {
    return evaluations.stream()
        .filter(evaluation -> evaluation.step() == step)
        .map(Evaluation::metrics)
        .findFirst();
  }

  /** The last metrics of an arm that came to its end. */
  public Optional<Map<String, Double>> last() {
    return outcome == Outcome.DONE && !evaluations.isEmpty()
        ? Optional.of(evaluations.get(evaluations.size() - 1).metrics())
        : Optional.empty();
  }
}
