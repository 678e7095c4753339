package dev.belay.train.config;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Clips, learning rates and adapter ranks of a sweep, all on the same data.
 *
 * @param base the training that all arms share; its clip, learning rate, adapter rank and seed are
 *     replaced
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
            name = "lora-ranks",
            label = "N",
            help = "Ranks of the adapter to try, with --adapter lora (default: --lora-rank).",
            commaSeparated = true)
        List<Integer> loraRanks,
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
    loraRanks = List.copyOf(loraRanks);
    seeds = seeds.isEmpty() ? List.of(base.machine().seed()) : List.copyOf(seeds);
    Check check = new Check();
    for (OptionalDouble norm : clipNorms) {
      norm.ifPresent(value -> check.positive("--clip-norms", value));
    }
    learningRates.forEach(rate -> check.positive("--learning-rates", rate));
    loraRanks.forEach(rank -> check.atLeast("--lora-ranks", 1, rank));
    AdapterConfig adapter = base.model().adapter();
    boolean newAdapter = adapter.isOn() && adapter.folder().isEmpty();
    check
        .that(!clipNorms.isEmpty(), "--clip-norms", "at least one threshold, or none", "nothing")
        .that(
            !clipModes.contains(ClipConfig.Mode.NONE) && !clipModes.isEmpty(),
            "--clip-modes takes rules with a threshold; to try no clip at all, put none among"
                + " --clip-norms")
        .that(distinct(clipNorms), "--clip-norms", "different thresholds", clipNorms)
        .that(distinct(clipModes), "--clip-modes", "different rules", clipModes)
        .that(distinct(learningRates), "--learning-rates", "different rates", learningRates)
        .that(distinct(loraRanks), "--lora-ranks", "different ranks", loraRanks)
        .that(
            loraRanks.isEmpty() || newAdapter,
            "--lora-ranks needs --adapter lora: a model without adapters has no rank, and that of"
                + " an adapter on disk is in its files")
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

  /** Returns a sweep of a training with the default arms. */
  public static SweepConfig of(TrainConfig base) {
    SweepConfig defaults =
        ConfigBinder.read(
            SweepConfig.class,
            Map.of(
                "model", List.of("model"),
                "train-file", List.of("train"),
                "validation-file", List.of("validation"),
                "output-dir", List.of("sweep")));
    return new SweepConfig(
        base,
        defaults.clipNorms(),
        defaults.clipModes(),
        List.of(),
        List.of(),
        List.of(),
        defaults.halving());
  }

  private static boolean distinct(List<?> values) {
    return values.stream().distinct().count() == values.size();
  }
}
