package dev.belay.train.sweep;

import dev.belay.graph.clip.Threshold;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.OptionType;
import dev.belay.train.config.SweepConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One setting of a sweep.
 *
 * @param mode the clip rule
 * @param clipNorm the threshold; empty for NONE, and for rules with a separate one
 * @param learningRate the schedule's peak
 * @param rank of the adapters; empty if the sweep does not vary it
 */
public record Arm(
    ClipConfig.Mode mode, OptionalDouble clipNorm, double learningRate, OptionalInt rank) {
  /** Rules that determine their threshold, or have a separate option for it. */
  private static final Set<ClipConfig.Mode> THRESHOLD_OF_ITS_OWN =
      Set.of(ClipConfig.Mode.AUTO, ClipConfig.Mode.ADAPTIVE);

  /** All arms, in the order in which they are trained. */
  public static List<Arm> of(SweepConfig config) {
    List<Arm> arms = new ArrayList<>();
    for (OptionalInt rank : ranks(config)) {
      for (double rate : config.learningRates()) {
        for (ClipConfig.Mode mode : config.clipModes()) {
          for (OptionalDouble norm : config.clipNorms()) {
            Arm arm = of(mode, norm, rate, rank);
            if (!arms.contains(arm)) {
              arms.add(arm);
            }
          }
        }
      }
    }
    return arms;
  }

  private static List<OptionalInt> ranks(SweepConfig config) {
    return config.loraRanks().isEmpty()
        ? List.of(OptionalInt.empty())
        : config.loraRanks().stream().map(OptionalInt::of).toList();
  }

  private static Arm of(ClipConfig.Mode mode, OptionalDouble norm, double rate, OptionalInt rank) {
    return THRESHOLD_OF_ITS_OWN.contains(mode)
        ? new Arm(mode, OptionalDouble.empty(), rate, rank)
        : new Arm(norm.isPresent() ? mode : ClipConfig.Mode.NONE, norm, rate, rank);
  }

  /**
   * Properties that decide the graph of an arm; arms with equal ones are trained in one session.
   *
   * @param mode the rule whose graph can run the arm
   */
  public record GraphKey(ClipConfig.Mode mode, OptionalInt rank) {}

  /** What the graph of this arm depends on. Without a clip any norm passes. */
  public GraphKey graphKey() {
    return new GraphKey(clips() ? mode : ClipConfig.Mode.GLOBAL_NORM, rank);
  }

  /** Whether gradients are clipped at all. */
  public boolean clips() {
    return mode != ClipConfig.Mode.NONE;
  }

  /** Threshold of the graph; without effect for rules that have another. */
  public float threshold() {
    return clipNorm.isPresent() ? (float) clipNorm.getAsDouble() : Threshold.NONE;
  }

  /** {@code 1.0}, {@code auto}, or {@code none}. */
  public String clipText() {
    return clipNorm.isPresent() ? OptionType.text(clipNorm.getAsDouble()) : modeText();
  }

  /** {@code clip 1.0}, with the rule, the learning rate and the rank if the sweep has several. */
  public String label(SweepConfig sweep) {
    String label = clips() ? "clip " + clipText() : "no clip";
    if (clipNorm.isPresent() && sweep.clipModes().size() > 1) {
      label += " " + modeText();
    }
    if (sweep.learningRates().size() > 1) {
      label += ", rate " + OptionType.text(learningRate);
    }
    return sweep.loraRanks().size() > 1 ? label + ", rank " + rank.getAsInt() : label;
  }

  /** The rule as options have it. */
  public String modeText() {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  /** A name for files, different for each arm. */
  public String slug() {
    return modeText()
        + (clipNorm.isPresent() ? "-" + OptionType.text(clipNorm.getAsDouble()) : "")
        + "-rate-"
        + OptionType.text(learningRate)
        + (rank.isPresent() ? "-rank-" + rank.getAsInt() : "");
  }
}
