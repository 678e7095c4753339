package dev.belay.train.config;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Clips and learning rates of a sweep, all on the same data.
 *
 * @param base the training that all arms share; its clip, learning rate and seed are replaced
 */
@Section.Of(Section.SWEEP)
public record SweepConfig(
    TrainConfig base,
    @Option(
            name = "clip-norms",
            label = "C",
            help = "Thresholds to try; none: do not clip.",
            defaultValue = "0.5,1,2,5,none",
            commaSeparated = true)
        List<OptionalDouble> clipNorms,
    @Option(
            name = "clip-modes",
            label = "RULE",
            help =
                "Rules to try each threshold with: global_norm, norm, value; adaptive and"
                    + " auto, which have their own options, are one arm each.",
            defaultValue = "global_norm",
            commaSeparated = true)
        List<ClipConfig.Mode> clipModes,
    @Option(
            name = "learning-rates",
            label = "R",
            help = "Peaks of the schedule to try (default: --learning-rate).",
            commaSeparated = true)
        List<Double> learningRates,
    @Option(
            name = "seeds",
            label = "N",
            help =
                "Seeds to train every arm with: the spread between them shows which differences "
                    + "are significant (default: --seed).",
            commaSeparated = true)
        List<Long> seeds,
    @Option(
            name = "halving",
            label = "on|off",
            help =
                "Stop arms that are worse than the better half at a quarter or half of their "
                    + "steps.",
            defaultValue = "on")
        boolean halving) {

  public SweepConfig {
    clipNorms = List.copyOf(clipNorms);
    clipModes = List.copyOf(clipModes);
    learningRates =
        learningRates.isEmpty()
            ? List.of(base.optimizer().learningRate())
            : List.copyOf(learningRates);
    seeds = seeds.isEmpty() ? List.of(base.machine().seed()) : List.copyOf(seeds);
    Check check = new Check();
    for (OptionalDouble norm : clipNorms) {
      norm.ifPresent(value -> check.positive("--clip-norms", value));
    }
    learningRates.forEach(rate -> check.positive("--learning-rates", rate));
    check
        .that(!clipNorms.isEmpty(), "--clip-norms", "at least one threshold, or none", "nothing")
        .that(
            !clipModes.contains(ClipConfig.Mode.NONE) && !clipModes.isEmpty(),
            "--clip-modes takes rules with a threshold; to try no clip at all, put none among"
                + " --clip-norms")
        .that(distinct(clipNorms), "--clip-norms", "different thresholds", clipNorms)
        .that(distinct(clipModes), "--clip-modes", "different rules", clipModes)
        .that(distinct(learningRates), "--learning-rates", "different rates", learningRates)
        .that(distinct(seeds), "--seeds", "different seeds", seeds)
        .that(
            base.resume().mode() != ResumeConfig.Mode.FROM,
            "--resume",
            "auto or never, since a sweep has no checkpoints",
            base.resume().from())
        .that(
            !base.data().validationFiles().isEmpty(),
            "--validation-file is missing: arms are compared on validation data")
        .verify();
  }

  private static boolean distinct(List<?> values) {
    return values.stream().distinct().count() == values.size();
  }
}
