package dev.belay.train.task;

import java.util.List;

/**
 * The vector of a text.
 *
 * @param embedding its elements
 */
public record Embedding(List<Float> embedding) implements Prediction {

  static Embedding of(ExampleOutput output) {
    return new Embedding(ExampleOutput.list(output.first()));
  }
}
