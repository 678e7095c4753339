package dev.belay.graph.clip;

/** Validates the bounds of clip rules. */
final class Bound {
  private Bound() {}

  /** A bound that is finite and above 0 in float32. */
  static void require(String what, double bound) {
    if (!(bound > 0) || Float.isInfinite((float) bound) || (float) bound == 0f) {
      throw new IllegalArgumentException(
          what
              + " must be a finite number above 0, such as 1.0; found "
              + bound
              + ". To train without clipping, choose the mode none.");
    }
  }
}
