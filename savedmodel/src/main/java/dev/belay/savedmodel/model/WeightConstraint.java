package dev.belay.savedmodel.model;

import java.util.List;

/**
 * A constraint that a Keras layer puts on one of its weights: after each update of the weight Keras
 * projects it.
 *
 * @param variable the id of the variable
 * @param place the layer and the key of its configuration, for messages
 * @param rule what holds of the weight
 */
public record WeightConstraint(int variable, String place, Rule rule) {

  /** What holds of a weight. */
  public sealed interface Rule {}

  /**
   * The norm along some axes lies in a range.
   *
   * @param least norm
   * @param most norm
   * @param rate of the way that one update goes
   * @param axes that a norm sums over, from 0
   */
  public record NormRange(double least, double most, double rate, List<Integer> axes)
      implements Rule {}

  /** No element is below 0. */
  public record NonNegative() implements Rule {}

  /**
   * A constraint that only Python can compute.
   *
   * @param name as the file has it
   */
  public record Unknown(String name) implements Rule {}
}
