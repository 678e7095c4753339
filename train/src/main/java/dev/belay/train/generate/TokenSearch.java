package dev.belay.train.generate;

import java.util.List;

/** A way to find a likely text. */
public sealed interface TokenSearch permits GreedySearch, BeamSearch {

  /**
   * Writes one text for each example, in their order.
   *
   * @param model called for all texts at once, so that examples form a batch
   */
  List<GeneratedSequence> write(NextTokens model);

  /** The search with that many beams: with one, the likeliest token each time. */
  static TokenSearch of(Limits limits, int beams, double lengthPenalty) {
    return beams == 1 ? new GreedySearch(limits) : new BeamSearch(limits, beams, lengthPenalty);
  }
}
