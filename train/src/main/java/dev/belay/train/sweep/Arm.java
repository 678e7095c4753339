package dev.belay.train.sweep;

import dev.belay.graph.clip.Threshold;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.SweepConfig;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One setting that a sweep tries.
 *
 * @param mode how gradients are clipped; NONE exactly where there is no threshold
 * @param clipNorm the threshold
 * @param learningRate the schedule's peak
 */
public record Arm(ClipConfig.Mode mode, OptionalDouble clipNorm, double learningRate) {

  /** All of them, in the order in which they are tried. */
  public static List<Arm> of(SweepConfig config) {
    List<Arm> arms = new ArrayList<>();
    for (double rate : config.learningRates()) {
      for (ClipConfig.Mode mode : config.clipModes()) {
        for (OptionalDouble norm : config.clipNorms()) {
          Arm arm = new Arm(norm.isPresent() ? mode : ClipConfig.Mode.NONE, norm, rate);
          if (!arms.contains(arm)) {
            arms.add(arm);
          }
        }
      }
    }
    return arms;
  }

  /** Whether gradients are clipped at all. */
  public boolean clips() {
    return clipNorm.isPresent();
  }

  /** The rule whose graph can run this arm. Without a threshold any norm passes. */
  public ClipConfig.Mode graphMode() {
    return clips() ? mode : ClipConfig.Mode.GLOBAL_NORM;
  }

  /** What the graph's threshold must be. */
  public float threshold() {
    return clips() ? (float) clipNorm.getAsDouble() : Threshold.NONE;
  }

  /** {@code 1.0}, or {@code none}. */
  public String clipText() {
    return clips() ? plain(clipNorm.getAsDouble()) : "none";
  }

  /** {@code clip 1.0}, with the rule and the learning rate where the sweep tries several. */
  public String label(SweepConfig sweep) {
    String label = clips() ? "clip " + clipText() : "no clip";
    if (clips() && sweep.clipModes().size() > 1) {
      label += " " + modeText();
    }
    return sweep.learningRates().size() > 1 ? label + ", rate " + plain(learningRate) : label;
  }

  /** The rule as options have it. */
  public String modeText() {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  /** A name for files, different for each arm. */
  public String slug() {
    return modeText()
        + (clips() ? "-" + plain(clipNorm.getAsDouble()) : "")
        + "-rate-"
        + plain(learningRate);
  }

  /** {@code 1.0}, {@code 0.25}, {@code 5e-5}. */
  public static String plain(double value) {
    BigDecimal exact = new BigDecimal(Double.toString(value));
    if (value >= 1e-3 && value < 1e6) {
      return exact.toPlainString();
    }
    BigDecimal digits = exact.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    return digits.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }
}
