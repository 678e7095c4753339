package dev.belay.train.task;

import java.util.List;

/**
 * The number that a model predicts for an input.
 *
 * @param score the number
 * @param logits the same number as the model's output
 */
public record RegressionValue(double score, List<Float> logits) implements Prediction {

  static RegressionValue of(ExampleOutput output) {
    float value = output.first()[0];
    return new RegressionValue(value, List.of(value));
  }
}
