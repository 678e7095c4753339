package dev.belay.train.task;

import java.util.List;

/**
 * Logits for each token of an input.
 *
 * @param logits [T, C] for the input's own tokens, padding left out
 */
public record TokenLogits(List<List<Float>> logits) implements Prediction {

  static TokenLogits of(ExampleOutput output) {
    return new TokenLogits(output.ofTokens());
  }
}
