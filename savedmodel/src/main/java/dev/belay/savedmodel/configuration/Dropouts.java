package dev.belay.savedmodel.configuration;

import java.util.Optional;

/**
 * How much is dropped while training.
 *
 * @param hidden of what a sublayer adds, and of the embeddings
 * @param attention of the attention's weights
 * @param embedding of the embeddings alone, where the family has a rate of its own (GPT-2)
 * @param classifier of what a head reads; empty: as {@code hidden}
 */
public record Dropouts(
    double hidden, double attention, double embedding, Optional<Double> classifier) {
  public Dropouts {
    for (double rate : new double[] {hidden, attention, embedding, classifier.orElse(0.0)}) {
      if (!(rate >= 0 && rate < 1)) {
        throw new IllegalArgumentException("dropout: expected 0 to less than 1, found " + rate);
      }
    }
  }
}
