package dev.belay.train.sweep;

import dev.belay.train.norm.NormSummary;
import dev.belay.train.sweep.ArmResult.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * One arm over all its seeds.
 *
 * @param results one for each seed, in the order of seeds
 */
public record ArmSummary(Arm arm, List<ArmResult> results) {

  public ArmSummary {
    results = List.copyOf(results);
  }

  /** Arms in their order, each with its results. */
  public static List<ArmSummary> of(List<Arm> arms, List<ArmResult> results) {
    return arms.stream()
        .map(arm -> new ArmSummary(arm, results.stream().filter(r -> r.arm().equals(arm)).toList()))
        .toList();
  }

  /** Whether the arm came to its end with every seed. */
  public boolean complete() {
    return !results.isEmpty() && results.stream().allMatch(r -> r.outcome() == Outcome.DONE);
  }

  /** Results that came to their end. */
  public List<ArmResult> finished() {
    return results.stream().filter(r -> r.outcome() == Outcome.DONE).toList();
  }

  /** Why the arm is not complete. */
  public Optional<String> trouble() {
    return results.stream()
        .filter(r -> r.outcome() != Outcome.DONE)
        .map(r -> r.reason() + (results.size() > 1 ? " (seed " + r.seed() + ")" : ""))
        .findFirst();
  }

  /** The mean over finished seeds of a metric at the end; NaN if no seed finished. */
  public double mean(String metric) {
    return finished().stream().mapToDouble(r -> last(r, metric)).average().orElse(Double.NaN);
  }

  /** The standard deviation over finished seeds, n - 1 in the denominator; NaN for one seed. */
  public double spread(String metric) {
    double mean = mean(metric);
    int count = finished().size();
    double squares =
        finished().stream().mapToDouble(r -> Math.pow(last(r, metric) - mean, 2)).sum();
    return count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
  }

  private static double last(ArmResult result, String metric) {
    return result.last().orElse(Map.of()).getOrDefault(metric, Double.NaN);
  }

  /** The mean share of clipped steps, of all seeds that were begun. */
  public double clippedFraction() {
    return begun(ArmResult::clippedFraction);
  }

  /** The mean of the median norms before the clip. */
  public double medianNorm() {
    return begun(r -> r.gradNormPercentiles().getOrDefault(NormSummary.P50, Double.NaN));
  }

  private double begun(ToDoubleFunction<ArmResult> value) {
    return results.stream()
        .filter(r -> r.steps() > 0)
        .mapToDouble(value)
        .average()
        .orElse(Double.NaN);
  }
}
