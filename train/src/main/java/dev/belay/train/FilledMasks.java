package dev.belay.train;

import java.util.List;

/**
 * Which words are hidden in a text.
 *
 * @param masks for each place of a hidden word its likeliest words, the likeliest first
 */
public record FilledMasks(List<List<Candidate>> masks) implements ModelEvaluation.Prediction {
  public FilledMasks {
    masks = List.copyOf(masks);
  }

  /**
   * A word that may be hidden.
   *
   * @param token as the tokenizer writes it
   * @param score its probability
   */
  public record Candidate(String token, double score) {}
}
