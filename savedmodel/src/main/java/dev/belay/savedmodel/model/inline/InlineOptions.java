package dev.belay.savedmodel.model.inline;

import java.util.Optional;

/**
 * Options for the expansion of functions.
 *
 * @param training value for a TF1 graph's switch between training and serving; empty keeps the
 *     value in each function
 * @param acceptsNaturalGradient whether a node whose own gradient was not saved may be
 *     differentiated as if its author had written none
 * @param mostIterations a loop of more iterations is kept as a loop
 * @param mostNodes a graph of more nodes is refused; a single loop may take half of them
 */
public record InlineOptions(
    Optional<Boolean> training, boolean acceptsNaturalGradient, int mostIterations, int mostNodes) {
  private static final int MOST_ITERATIONS = 1_000;
  private static final int MOST_NODES = 200_000;

  public InlineOptions {
    if (mostIterations < 0 || mostNodes < 1) {
      throw new IllegalArgumentException(
          "limits of " + mostIterations + " iterations and " + mostNodes + " nodes");
    }
  }

  /** Defaults that suit every supported model. */
  public static InlineOptions defaults() {
    return new InlineOptions(Optional.empty(), false, MOST_ITERATIONS, MOST_NODES);
  }

  /** These options, with a TF1 graph's switch set. */
  public InlineOptions withTraining(boolean value) {
    return new InlineOptions(Optional.of(value), acceptsNaturalGradient, mostIterations, mostNodes);
  }

  /**
   * These options, with native gradients accepted or refused where the author's gradient is lost.
   */
  public InlineOptions acceptingNaturalGradient(boolean accepts) {
    return new InlineOptions(training, accepts, mostIterations, mostNodes);
  }
}
