package dev.belay.savedmodel.model;

import java.util.List;

/**
 * Constraint of a Keras layer on one of its weights: Keras projects the weight after each update.
 *
 * @param variable the id of the variable
 * @param place the layer and the key of its configuration, for messages
 * @param rule constraint on the weight
 */
public record WeightConstraint(int variable, String place, Rule rule) {

  /** Kind of a constraint. */
  public sealed interface Rule {}

  /**
   * The norm along some axes is in a range.
   *
   * @param least norm
   * @param most norm
   * @param rate share of the distance that one update covers
   * @param axes that a norm sums over, from 0
   */
  public record NormRange(double least, double most, double rate, List<Integer> axes)
      implements Rule {}

  /** No element is below 0. */
  public record NonNegative() implements Rule {}

  /**
   * A constraint that only Python can compute.
   *
   * @param name its name in the file
   */
  public record Unknown(String name) implements Rule {}
}
