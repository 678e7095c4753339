package dev.belay.tools.console;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Numbers as a person reads them. */
final class Figures {
  private Figures() {}

  /** Four significant digits where they matter: {@code 0.6931}, {@code 12.35}, {@code 4.1e-05}. */
  static String number(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    if (value != 0 && (size < 1e-3 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.4f", value);
  }

  /** A learning rate, in two digits: {@code 2.0e-05}. */
  static String rate(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }

  /** {@code 12.3%}. */
  static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * fraction);
  }

  /** {@code 1,234,567}. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** {@code 0:42}, {@code 12:05}, {@code 3:00:17}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** {@code accuracy 0.8123, loss 0.4210}. */
  static String metrics(Map<String, Double> metrics) {
    return metrics.entrySet().stream()
        .map(metric -> metric.getKey() + " " + number(metric.getValue()))
        .collect(Collectors.joining(", "));
  }
}
