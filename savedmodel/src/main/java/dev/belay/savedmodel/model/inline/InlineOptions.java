package dev.belay.savedmodel.model.inline;

import java.util.Optional;

/**
 * How functions are expanded.
 *
 * @param training what a TF1 graph's switch between training and serving is set to; empty for what
 *     each function says itself
 * @param acceptsNaturalGradient whether a node whose own gradient was not saved may be
 *     differentiated as if its author had written none
 * @param mostIterations a loop of more is kept as a loop
 * @param mostNodes a graph of more is refused; a loop alone may take half of it
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

  /** What suits every model that Belay knows. */
  public static InlineOptions defaults() {
    return new InlineOptions(Optional.empty(), false, MOST_ITERATIONS, MOST_NODES);
  }

  /** These, with a TF1 graph's switch set. */
  public InlineOptions withTraining(boolean value) {
    return new InlineOptions(Optional.of(value), acceptsNaturalGradient, mostIterations, mostNodes);
  }

  /** These, with natural gradients accepted or refused where the author's own are lost. */
  public InlineOptions acceptingNaturalGradient(boolean accepts) {
    return new InlineOptions(training, accepts, mostIterations, mostNodes);
  }
}
