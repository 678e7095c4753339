package dev.belay.tools.option;

import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** What a sweep tries. */
@Section("Sweep")
public final class SweepOptions {
  private static final String NONE = "none";

  @Option(
      names = "--clip-norms",
      paramLabel = "C",
      split = ",",
      description = "Thresholds to try; none: do not clip (default: 0.5,1,2,5,none).")
  private List<String> clipNorms = new ArrayList<>();

  @Option(
      names = "--clip-modes",
      paramLabel = "RULE",
      split = ",",
      description =
          "Rules to try each threshold with: global_norm, norm, value; adaptive and auto, which have"
              + " their own options, are one arm each (default: global_norm).")
  private List<ClipConfig.Mode> clipModes = new ArrayList<>();

  @Option(
      names = "--learning-rates",
      paramLabel = "R",
      split = ",",
      description = "Peaks of the schedule to try (default: --learning-rate).")
  private List<Double> learningRates = new ArrayList<>();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      description =
          "Every arm is trained once with each: the spread between them says which differences mean"
              + " something (default: --seed).")
  private List<Long> seeds = new ArrayList<>();

  @Option(
      names = "--halving",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description =
          "Stop arms that have fallen behind the better half at a quarter or half of their steps.")
  private boolean halving = SweepConfig.DEFAULT_HALVING;

  /** The sweep of a training. */
  public SweepConfig toConfig(TrainConfig base) {
    return new SweepConfig(
        base,
        clipNorms.isEmpty()
            ? SweepConfig.DEFAULT_CLIP_NORMS
            : clipNorms.stream().map(SweepOptions::threshold).toList(),
        clipModes.isEmpty() ? SweepConfig.DEFAULT_CLIP_MODES : clipModes,
        learningRates.isEmpty() ? List.of(base.optimizer().learningRate()) : learningRates,
        seeds.isEmpty() ? List.of(base.machine().seed()) : seeds,
        halving);
  }

  private static OptionalDouble threshold(String text) {
    if (text.equals(NONE)) {
      return OptionalDouble.empty();
    }
    try {
      return OptionalDouble.of(Double.parseDouble(text));
    } catch (NumberFormatException notANumber) {
      throw new ConfigException("--clip-norms", "numbers above 0, or none", text);
    }
  }
}
