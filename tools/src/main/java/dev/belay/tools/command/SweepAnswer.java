package dev.belay.tools.command;

import dev.belay.train.Sweep;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.sweep.ArmResult;
import dev.belay.train.sweep.ArmSummary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A sweep as {@code --json} prints it.
 *
 * @param metric that arms are compared by
 * @param recommended the label of an arm; null if there is none
 */
record SweepAnswer(
    Path directory, String metric, String recommended, String reason, List<Row> arms, Path report) {

  /** One arm; what is not known, since no seed came to its end, is null. */
  record Row(
      String arm,
      String clipMode,
      Double clipNorm,
      double learningRate,
      Integer loraRank,
      Double mean,
      Double spread,
      Double lossMean,
      Double clippedFraction,
      Double medianNorm,
      String trouble,
      List<Seed> seeds) {}

  /** One arm with one seed. */
  record Seed(long seed, String outcome, long steps, Map<String, Double> metrics) {}

  static SweepAnswer of(SweepConfig config, Sweep.Result result) {
    return new SweepAnswer(
        result.directory(),
        result.metric(),
        result.recommendation().arm().map(arm -> arm.label(config)).orElse(null),
        result.recommendation().reason(),
        result.arms().stream().map(arm -> row(config, result.metric(), arm)).toList(),
        result.report());
  }

  private static Row row(SweepConfig config, String metric, ArmSummary arm) {
    return new Row(
        arm.arm().label(config),
        arm.arm().modeText(),
        arm.arm().clips() ? arm.arm().clipNorm().getAsDouble() : null,
        arm.arm().learningRate(),
        arm.arm().rank().isPresent() ? arm.arm().rank().getAsInt() : null,
        known(arm.mean(metric)),
        known(arm.spread(metric)),
        known(arm.mean(Metrics.LOSS)),
        known(arm.clippedFraction()),
        known(arm.medianNorm()),
        arm.trouble().orElse(null),
        arm.results().stream().map(SweepAnswer::seed).toList());
  }

  private static Seed seed(ArmResult result) {
    return new Seed(
        result.seed(),
        result.outcome().name().toLowerCase(java.util.Locale.ROOT),
        result.steps(),
        result.last().orElse(Map.of()));
  }

  private static Double known(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
