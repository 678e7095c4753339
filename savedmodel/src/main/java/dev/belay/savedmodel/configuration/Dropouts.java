package dev.belay.savedmodel.configuration;

import java.util.Optional;

/**
 * Dropout rates in training.
 *
 * @param hidden for the output of a sublayer, and for the embeddings
 * @param attention for the attention weights
 * @param embedding for the embeddings alone, where the family has a separate rate (GPT-2,
 *     ModernBERT)
 * @param classifier for the input of a head; empty: as {@code hidden}
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
