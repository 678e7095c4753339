package dev.belay.train.sweep;

import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.sweep.ArmResult.Evaluation;
import dev.belay.train.sweep.ArmResult.Outcome;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Sweeps and results that nobody trained. */
final class Arms {
  private Arms() {}

  static SweepConfig sweep(List<Long> seeds, OptionalDouble... norms) {
    TrainConfig base =
        TrainConfig.of(
            ModelConfig.of(Path.of("model")),
            DataConfig.of(List.of(Path.of("train.tsv")), List.of(Path.of("dev.tsv"))),
            Path.of("sweep"));
    return new SweepConfig(
        base,
        Arrays.asList(norms),
        List.of(ClipConfig.Mode.GLOBAL_NORM),
        List.of(5e-5),
        List.of(),
        seeds,
        true);
  }

  static Arm clip(double norm) {
    return new Arm(ClipConfig.Mode.GLOBAL_NORM, OptionalDouble.of(norm), 5e-5, OptionalInt.empty());
  }

  static Arm none() {
    return new Arm(ClipConfig.Mode.NONE, OptionalDouble.empty(), 5e-5, OptionalInt.empty());
  }

  static ArmResult done(Arm arm, long seed, double accuracy) {
    return new ArmResult(
        arm,
        seed,
        Outcome.DONE,
        100,
        "",
        List.of(new Evaluation(25, metrics(accuracy)), new Evaluation(100, metrics(accuracy))),
        arm.clips() ? 0.25 : 0,
        Map.of("p50", 0.8),
        1);
  }

  static Map<String, Double> metrics(double accuracy) {
    return Map.of("accuracy", accuracy, "loss", 1 - accuracy);
  }
}
