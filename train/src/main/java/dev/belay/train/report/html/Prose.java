package dev.belay.train.report.html;

import java.util.Locale;

/** Numbers as sentences have them. */
final class Prose {
  private Prose() {}

  /** Three significant digits: {@code 2.3}, {@code 0.041}, {@code 1.2e-05}, {@code 1,234}. */
  static String number(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    if (value == 0) {
      return "0";
    }
    if (size < 1e-3 || size >= 1e6) {
      return String.format(Locale.ROOT, "%.1e", value);
    }
    int decimals = size >= 1000 ? 0 : Math.max(0, 2 - (int) Math.floor(Math.log10(size)));
    String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
    return text.contains(".") ? text.replaceFirst("0+$", "").replaceFirst("\\.$", "") : text;
  }

  /** A threshold as options have it: {@code 1.0}, {@code 0.25}. */
  static String bound(double value) {
    return value == Math.rint(value) && value < 1000
        ? String.format(Locale.ROOT, "%.1f", value)
        : number(value);
  }

  /** Whole per cents; what is not quite none or all says so. */
  static String percent(double fraction) {
    if (fraction > 0 && fraction < 0.005) {
      return "under 1 %";
    }
    if (fraction < 1 && fraction > 0.995) {
      return "over 99 %";
    }
    return Math.round(100 * fraction) + " %";
  }

  /** {@code 1 step}, {@code 1,234 steps}. */
  static String steps(long count) {
    return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? "step" : "steps");
  }

  /** A threshold as people choose one: 1, 2, 3 or 5 times a power of ten, the nearest by ratio. */
  static double threshold(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    double best = power;
    for (double digit : new double[] {1, 2, 3, 5, 10}) {
      double candidate = digit * power;
      if (Math.abs(Math.log(candidate / value)) < Math.abs(Math.log(best / value))) {
        best = candidate;
      }
    }
    return best;
  }
}
