package dev.belay.train.config;

/** Range checks that name the option. */
final class Check {
  private Check() {}

  static void atLeast(String option, long minimum, long value) {
    if (value < minimum) {
      throw new ConfigException(option, "a whole number of at least " + minimum, value);
    }
  }

  static void positive(String option, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new ConfigException(option, "a finite number above 0", value);
    }
  }

  static void notNegative(String option, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new ConfigException(option, "a finite number of at least 0", value);
    }
  }

  static void fraction(String option, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new ConfigException(option, "a number in [0, 1)", value);
    }
  }
}
