package dev.belay.train.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Successive halving of arms that are trained one after the other: at a quarter and at half of its
 * steps an arm continues if it is among the better half of the arms that came there with the same
 * seed, and so the same batches in the same order, or if it is no further behind the best of them
 * than chance explains. One that is stopped is not trained with further seeds.
 *
 * @param steps of a whole arm
 * @param interval between evaluations
 * @param score score that arms are compared by
 */
public record Halving(long steps, long interval, Score score) {

  /**
   * The steps at which arms are compared: the first evaluation from a quarter and from half of the
   * steps on.
   */
  public List<Long> rungs() {
    List<Long> rungs = new ArrayList<>();
    for (double share : new double[] {0.25, 0.5}) {
      long rung = (long) Math.ceil(share * steps / interval) * interval;
      if (rung < steps && !rungs.contains(rung)) {
        rungs.add(rung);
      }
    }
    return rungs;
  }

  /**
   * Judges an arm.
   *
   * @param step that it was evaluated after
   * @param metrics of the evaluation
   * @param before results of the arms trained before it, of any seed
   * @return why it should be stopped, if it should
   */
  public Optional<String> verdict(
      long step, long seed, Map<String, Double> metrics, List<ArmResult> before) {
    if (!rungs().contains(step)) {
      return Optional.empty();
    }
    double mine = score.of(metrics);
    List<ArmResult> rivals =
        before.stream().filter(r -> r.seed() == seed && r.at(step).isPresent()).toList();
    long better = rivals.stream().filter(r -> at(r, step) > mine).count();
    long worse = rivals.size() - better;
    Optional<ArmResult> best =
        rivals.stream().max(Comparator.comparingDouble(rival -> at(rival, step)));
    if (best.isEmpty() || better <= worse + (Double.isNaN(mine) ? -1 : 0)) {
      return Optional.empty();
    }
    double bestValue = score.value(best.get().at(step).orElseThrow());
    double noise = score.noise(bestValue);
    double behind = at(best.get(), step) - mine;
    return behind <= noise
        ? Optional.empty()
        : Optional.of(reason(step, score.value(metrics), best.get(), noise));
  }

  private double at(ArmResult result, long step) {
    return score.of(result.at(step).orElseThrow());
  }

  private String reason(long step, double mine, ArmResult best, double noise) {
    String chance =
        noise > 0
            ? String.format(
                Locale.ROOT, ", and chance on %,d examples explains %.4f", score.examples(), noise)
            : "";
    return String.format(
        Locale.ROOT,
        "stopped at step %d of %d: %s was %.4f, among the worse half, while %s had %.4f there%s",
        step,
        steps,
        score.metric(),
        mine,
        best.arm().clips() ? "clip " + best.arm().clipText() : "no clip",
        score.value(best.at(step).orElseThrow()),
        chance);
  }
}
