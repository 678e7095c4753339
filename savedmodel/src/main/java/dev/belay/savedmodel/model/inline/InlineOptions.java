package dev.belay.savedmodel.model.inline;

/**
 * Options for the expansion of functions.
 *
 * @param acceptsNaturalGradient whether a node whose own gradient was not saved may be
 *     differentiated as if its author had written none
 * @param mostIterations a loop of more iterations is kept as a loop
 * @param mostNodes a graph of more nodes is refused; a single loop may take half of them
 */
public record InlineOptions(boolean acceptsNaturalGradient, int mostIterations, int mostNodes) {
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
    return new InlineOptions(false, MOST_ITERATIONS, MOST_NODES);
  }

  /**
   * These options, with native gradients accepted or refused where the author's gradient is lost.
   */
  public InlineOptions acceptingNaturalGradient(boolean accepts) {
    return new InlineOptions(accepts, mostIterations, mostNodes);
  }
}
