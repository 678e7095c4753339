package dev.belay.train.data.example;

/**
 * One feature of one example. Arrays are shared between examples where they are equal by nature
 * (masks of ones): they must not be changed.
 */
public sealed interface FeatureRow {

  /** Number of elements. */
  int length();

  /** Whole numbers, [T]. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Ints(int[] values) implements FeatureRow {
    @Override
    public int length() {
      return values.length;
    }
  }

  /** Floating-point numbers, [T]. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Floats(float[] values) implements FeatureRow {
    @Override
    public int length() {
      return values.length;
    }
  }

  /** One text. */
  record Text(String value) implements FeatureRow {
    @Override
    public int length() {
      return 1;
    }
  }
}
