package dev.belay.graph.adapter;

import java.util.ArrayList;
import java.util.List;

/**
 * Way from a weight to the operand of the product that reads it, and the roles of that operand's
 * axes. A is [r, contracted axes], B is [other axes, r], each in the operand's order.
 *
 * @param steps from the weight's own axes to the operand's
 * @param operand sizes of the operand's axes
 * @param contracted for each axis of the operand, whether the product sums over it
 */
public record WeightLayout(List<Step> steps, List<Long> operand, List<Boolean> contracted) {

  /**
   * One rearrangement of a tensor.
   *
   * @param shape of its result
   * @param order for a transposition: the source's axis for each axis of the result; empty for a
   *     new shape over the same elements
   */
  public record Step(List<Long> shape, List<Integer> order) {
    public Step {
      shape = List.copyOf(shape);
      order = List.copyOf(order);
    }
  }

  public WeightLayout {
    steps = List.copyOf(steps);
    operand = List.copyOf(operand);
    contracted = List.copyOf(contracted);
  }

  /** A matrix that is read as it is: [out, in], or [in, out]. */
  public static WeightLayout matrix(long in, long out, boolean outFirst) {
    return outFirst
        ? new WeightLayout(List.of(), List.of(out, in), List.of(false, true))
        : new WeightLayout(List.of(), List.of(in, out), List.of(true, false));
  }

  /** Sizes of the axes that the product sums over, in the operand's order. */
  public List<Long> inputs() {
    return sizes(true);
  }

  /** Sizes of the other axes, in the operand's order. */
  public List<Long> outputs() {
    return sizes(false);
  }

  private List<Long> sizes(boolean summed) {
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < operand.size(); axis++) {
      if (contracted.get(axis) == summed) {
        sizes.add(operand.get(axis));
      }
    }
    return sizes;
  }

  /** Product of sizes. */
  public static long elements(List<Long> sizes) {
    return sizes.stream().reduce(1L, Math::multiplyExact);
  }
}
