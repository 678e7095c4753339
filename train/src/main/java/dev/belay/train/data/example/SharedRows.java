package dev.belay.train.data.example;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Rows that many examples have in common: masks of ones, types of zeros. One array per length. */
final class SharedRows {
  private final Map<Integer, FeatureRow.Ints> ones = new HashMap<>();
  private final Map<Integer, FeatureRow.Ints> zeros = new HashMap<>();

  FeatureRow.Ints ones(int length) {
    return ones.computeIfAbsent(length, n -> filled(n, 1));
  }

  FeatureRow.Ints zeros(int length) {
    return zeros.computeIfAbsent(length, n -> filled(n, 0));
  }

  /** The shared row that is equal to these values, or a new row. */
  FeatureRow.Ints of(int[] values) {
    if (Arrays.stream(values).allMatch(v -> v == 0)) {
      return zeros(values.length);
    }
    return Arrays.stream(values).allMatch(v -> v == 1)
        ? ones(values.length)
        : new FeatureRow.Ints(values);
  }

  private static FeatureRow.Ints filled(int length, int value) {
    int[] values = new int[length];
    Arrays.fill(values, value);
    return new FeatureRow.Ints(values);
  }
}
