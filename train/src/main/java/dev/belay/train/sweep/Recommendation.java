package dev.belay.train.sweep;

import dev.belay.train.config.SweepConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Recommended arm, with the reason. Among the arms that are as good as the best, as far as the
 * spread over seeds can tell, it is the one nearest to the usual threshold of 1.0: a difference
 * that another seed would reverse is no reason to leave it, and a clip that costs nothing guards
 * against a large step that this sweep did not meet.
 *
 * @param arm empty if no arm finished with every seed
 * @param reason in plain words
 */
public record Recommendation(Optional<Arm> arm, String reason) {

  /** Judges finished arms. */
  public static Recommendation of(SweepConfig sweep, List<ArmSummary> arms, Score score) {
    List<ArmSummary> complete =
        arms.stream()
            .filter(a -> a.complete() && !Double.isNaN(a.mean(score.metric())))
            .sorted(Comparator.comparingDouble(a -> -good(a, score)))
            .toList();
    if (complete.isEmpty()) {
      return new Recommendation(
          Optional.empty(),
          "No arm finished with every seed, so none is recommended. Lower the learning rate, add "
              + "--warmup-ratio 0.1, or try smaller thresholds.");
    }
    return new Judge(sweep, complete, score).recommendation();
  }

  private static double good(ArmSummary arm, Score score) {
    double mean = arm.mean(score.metric());
    return mean * Math.signum(score.of(Map.of(score.metric(), 1.0)));
  }

  /** Weighs arms that are sorted, the best first. */
  private record Judge(SweepConfig sweep, List<ArmSummary> arms, Score score) {

    Recommendation recommendation() {
      ArmSummary best = arms.get(0);
      double noise = noise();
      List<ArmSummary> equals =
          arms.stream().filter(a -> good(best, score) - good(a, score) <= noise).toList();
      ArmSummary chosen =
          equals.stream()
              .min(
                  Comparator.comparing((ArmSummary a) -> !a.arm().clips())
                      .thenComparingDouble(a -> fromUsual(a.arm()))
                      .thenComparingDouble(a -> -good(a, score)))
              .orElseThrow();
      return new Recommendation(Optional.of(chosen.arm()), reason(chosen, equals, noise));
    }

    /** Largest difference of two means that may be chance. */
    private double noise() {
      double ofExamples = score.noise(arms.get(0).mean(score.metric()));
      OptionalDouble variance =
          arms.stream()
              .mapToDouble(a -> Math.pow(a.spread(score.metric()), 2))
              .filter(Double::isFinite)
              .average();
      if (variance.isEmpty()) {
        return ofExamples;
      }
      // Two standard errors of the difference of two means, pooled over the arms.
      return 2 * Math.sqrt(2 * variance.getAsDouble() / sweep.seeds().size());
    }

    private static double fromUsual(Arm arm) {
      return arm.clipNorm().isPresent()
          ? Math.abs(Math.log(arm.clipNorm().getAsDouble()))
          : Double.MAX_VALUE;
    }

    private String reason(ArmSummary chosen, List<ArmSummary> equals, double noise) {
      String name = chosen.arm().label(sweep);
      StringBuilder text = new StringBuilder();
      text.append(capital(name)).append(": ").append(figures(chosen)).append('.');
      ArmSummary best = arms.get(0);
      if (arms.size() == 1) {
        text.append(" It is the only arm that finished with every seed.");
      } else if (equals.size() == 1) {
        ArmSummary next = arms.get(1);
        text.append(" The next, ")
            .append(next.arm().label(sweep))
            .append(", has ")
            .append(figures(next))
            .append(": more apart than ")
            .append(measure(noise))
            .append('.');
      } else {
        text.append(" As good within ")
            .append(measure(noise))
            .append(": ")
            .append(names(equals, chosen))
            .append('.');
        text.append(besideBest(chosen, best));
        text.append(
            chosen.arm().clipNorm().isPresent() && differInClip(equals)
                ? " Of those that clip it is the one nearest to 1.0, the usual threshold for"
                    + " fine-tuning."
                : "");
      }
      return text + seeds() + clipping(chosen);
    }

    private static boolean differInClip(List<ArmSummary> arms) {
      return arms.stream().map(one -> one.arm().clipText()).distinct().count() > 1;
    }

    private String besideBest(ArmSummary chosen, ArmSummary best) {
      double least = good(arms.get(arms.size() - 1), score);
      if (least == good(best, score)) {
        return " All arms have the same "
            + score.metric()
            + ", which does not distinguish them: use more steps or more validation examples.";
      }
      return good(chosen, score) == good(best, score)
          ? " None is better by its mean."
          : " The best by its mean, "
              + best.arm().label(sweep)
              + ", has "
              + figures(best)
              + ", a difference that other seeds or examples may reverse.";
    }

    private String measure(double noise) {
      return String.format(
          Locale.ROOT,
          sweep.seeds().size() > 1
              ? "two standard errors over seeds, %.4f"
              : "what chance on the validation examples explains, %.4f",
          noise);
    }

    private String figures(ArmSummary arm) {
      double spread = arm.spread(score.metric());
      return String.format(Locale.ROOT, "%s %.4f", score.metric(), arm.mean(score.metric()))
          + (Double.isNaN(spread) ? "" : String.format(Locale.ROOT, " ± %.4f over seeds", spread));
    }

    private String names(List<ArmSummary> equals, ArmSummary chosen) {
      List<String> names = new ArrayList<>();
      for (ArmSummary other : equals) {
        if (!other.equals(chosen)) {
          names.add(other.arm().label(sweep) + " (" + figures(other) + ")");
        }
      }
      return String.join(", ", names);
    }

    private String seeds() {
      return sweep.seeds().size() > 1
          ? ""
          : " One seed says nothing of the spread between seeds: try --seeds 42,43,44 before"
              + " trusting a small difference.";
    }

    private static String clipping(ArmSummary chosen) {
      return chosen.arm().clips()
          ? String.format(
              Locale.ROOT,
              " It clipped %.0f %% of the steps; the median norm was %.3g.",
              100 * chosen.clippedFraction(),
              chosen.medianNorm())
          : "";
    }

    private static String capital(String text) {
      return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
  }
}
