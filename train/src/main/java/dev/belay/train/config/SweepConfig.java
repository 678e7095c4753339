package dev.belay.train.config;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Which clips and learning rates to try, all on the same data.
 *
 * @param base the training that all arms share; its clip, learning rate and seed are replaced
 * @param clipNorms thresholds to try; empty stands for none
 * @param clipModes rules to try each threshold with
 * @param learningRates peaks of the schedule to try
 * @param seeds each arm is trained once with each
 * @param halving whether arms that fall behind are stopped early
 */
public record SweepConfig(
    TrainConfig base,
    List<OptionalDouble> clipNorms,
    List<ClipConfig.Mode> clipModes,
    List<Double> learningRates,
    List<Long> seeds,
    boolean halving) {

  /** The advice of practice, half of it, twice it, the most for noisy data, and no clip at all. */
  public static final List<OptionalDouble> DEFAULT_CLIP_NORMS =
      List.of(
          OptionalDouble.of(0.5),
          OptionalDouble.of(1),
          OptionalDouble.of(2),
          OptionalDouble.of(5),
          OptionalDouble.empty());

  public static final List<ClipConfig.Mode> DEFAULT_CLIP_MODES =
      List.of(ClipConfig.Mode.GLOBAL_NORM);
  public static final boolean DEFAULT_HALVING = true;

  public SweepConfig {
    clipNorms = List.copyOf(clipNorms);
    clipModes = List.copyOf(clipModes);
    learningRates = List.copyOf(learningRates);
    seeds = List.copyOf(seeds);
    Check check = new Check();
    for (OptionalDouble norm : clipNorms) {
      norm.ifPresent(value -> check.positive("--clip-norms", value));
    }
    learningRates.forEach(rate -> check.positive("--learning-rates", rate));
    check
        .that(!clipNorms.isEmpty(), "--clip-norms", "at least one threshold, or none", "nothing")
        .that(!learningRates.isEmpty(), "--learning-rates", "at least one", "nothing")
        .that(!seeds.isEmpty(), "--seeds", "at least one", "nothing")
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
            base.resume().text())
        .that(
            !base.data().validationFiles().isEmpty(),
            "--validation-file is missing: arms are compared on validation data")
        .verify();
  }

  private static boolean distinct(List<?> values) {
    return values.stream().distinct().count() == values.size();
  }
}
