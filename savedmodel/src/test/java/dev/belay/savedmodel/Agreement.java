package dev.belay.savedmodel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/**
 * Bounds within which two float32 computations of the same numbers agree on every machine.
 *
 * <p>An instruction set, a number of threads and oneDNN each add up in another order, so the last
 * bits of a sum belong to the machine. A relative bound alone asks for those bits wherever the
 * number is small beside what it was computed from: a loss of 1e-5 is the difference of logits of
 * 10. Every bound here therefore has a floor from the size of the numbers that went in.
 */
public final class Agreement {
  /** The relative bound of a single computation: logits, hidden states, the first step. */
  public static final double FORWARD = 1e-5;

  private Agreement() {}

  /**
   * The relative bound of the loss and the gradient norm of a training step, counted from 1: 1e-5
   * at the first step, 1e-4 at the fifth, 1e-3 at the twentieth, and evenly between. Each update
   * carries what the steps before it differ by.
   */
  public static double ofStep(int step) {
    return Math.pow(10, step <= 5 ? -5 + (step - 1) / 4.0 : -4 + (step - 5) / 15.0);
  }

  /**
   * What float32 cannot tell apart in a result of numbers of this size: one unit in their last
   * place.
   */
  public static double floor(double size) {
    return Math.ulp((float) Math.max(1, Math.abs(size)));
  }

  /**
   * How far apart the logits of a mean cross entropy lie: {@code log(e^loss - 1)} for two classes
   * whose examples are all alike, and at least 1.
   */
  static double sizeOfLogits(double loss) {
    return Math.max(1, Math.abs(Math.log(Math.expm1(Math.abs(loss)))));
  }

  /**
   * The bound of the loss or the gradient norm of a step, relative to itself. The gradient by the
   * logits is the rest of a probability to one, which the loss is too: both have the same floor.
   *
   * @param loss the step's loss, whose floor is that of both
   */
  public static double ofStep(int step, double loss) {
    double size = sizeOfLogits(loss);
    return Double.isFinite(size) ? Math.max(ofStep(step), floor(size) / Math.abs(loss)) : 1;
  }

  /** Losses and gradient norms of a training from its first step on; says all that differ. */
  public static void assertTrained(
      List<Double> losses,
      List<Double> norms,
      List<? extends Number> foundLosses,
      List<? extends Number> foundNorms) {
    assertTrained(1, losses, norms, foundLosses, foundNorms);
  }

  /**
   * Losses and gradient norms of a training.
   *
   * @param first the number of updates since the weights were the same, plus 1
   */
  public static void assertTrained(
      int first,
      List<Double> losses,
      List<Double> norms,
      List<? extends Number> foundLosses,
      List<? extends Number> foundNorms) {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < losses.size(); i++) {
      int step = first + i;
      double relative = ofStep(step, losses.get(i));
      compare("loss of step " + step, losses.get(i), foundLosses.get(i), relative, wrong);
      compare("norm of step " + step, norms.get(i), foundNorms.get(i), relative, wrong);
    }
    assertEquals(List.of(), wrong);
    assertEquals(losses.size(), foundLosses.size(), "losses");
    assertEquals(norms.size(), foundNorms.size(), "norms");
  }

  private static void compare(
      String what, double expected, Number found, double relative, List<String> wrong) {
    double allowed = relative * Math.abs(expected);
    if (!within(expected, found.doubleValue(), allowed)) {
      wrong.add("%s: %s, expected %s within %.1e".formatted(what, found, expected, allowed));
    }
  }

  private static boolean within(double expected, double found, double allowed) {
    return Math.abs(found - expected) <= allowed;
  }

  /** Logits, hidden states or probabilities: each element within the floor of the largest. */
  public static void assertForward(float[] expected, float[] found, String what) {
    assertEquals(expected.length, found.length, what);
    double largest = 1;
    for (float element : expected) {
      largest = Math.max(largest, Math.abs(element));
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], FORWARD * largest, what + " at " + i);
    }
  }

  /** One number that may not be smaller than what it was computed from. */
  public static void assertClose(double expected, double found, double relative, String what) {
    double allowed = Math.max(relative * Math.abs(expected), floor(expected));
    assertEquals(expected, found, allowed, what);
  }
}
