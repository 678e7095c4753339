package dev.belay.train.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Range checks that name the option. All are made before the first complaint is heard. */
final class Check {
  private final List<String> problems = new ArrayList<>();

  Check atLeast(String option, long minimum, long value) {
    return that(value >= minimum, option, "a whole number of at least " + minimum, value);
  }

  Check atLeast(String option, long minimum, OptionalInt value) {
    return value.isPresent() ? atLeast(option, minimum, value.getAsInt()) : this;
  }

  Check atLeast(String option, long minimum, Optional<Integer> value) {
    return value.isPresent() ? atLeast(option, minimum, value.get()) : this;
  }

  Check positive(String option, double value) {
    return that(value > 0 && !Double.isInfinite(value), option, "a finite number above 0", value);
  }

  Check notNegative(String option, double value) {
    return that(
        value >= 0 && !Double.isInfinite(value), option, "a finite number of at least 0", value);
  }

  Check fraction(String option, double value) {
    return that(value >= 0 && value < 1, option, "a number in [0, 1)", value);
  }

  Check that(boolean sound, String option, String expected, Object found) {
    return that(sound, option + ": expected " + expected + ", found " + found);
  }

  Check that(boolean sound, String problem) {
    if (!sound) {
      problems.add(problem);
    }
    return this;
  }

  /** Complains of everything that was found. */
  void verify() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }
}
