package dev.belay.train;

import dev.belay.train.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What a model, checkpoint or run holds, and what training would do with it. */
public final class ModelInspection {
  private ModelInspection() {}

  /** A tensor that goes in or comes out; {@code shape} has -1 for unknown dimensions. */
  public record Tensor(String name, String dtype, List<Long> shape) {}

  /** A way to call the model. {@code training} is null where the function has no such argument. */
  public record Function(
      String name,
      boolean signature,
      Boolean training,
      List<Tensor> inputs,
      List<Tensor> outputs) {}

  /** A variable; {@code trainable} is null where the format does not say. */
  public record Variable(
      String name, String dtype, List<Long> shape, Boolean trainable, String key) {}

  /**
   * What a path holds.
   *
   * @param format {@code savedmodel}, {@code checkpoint} or {@code run}
   * @param producer such as "TensorFlow 2.10.1"
   */
  public record Contents(
      Path path,
      String format,
      String producer,
      List<Function> functions,
      List<Variable> variables,
      long parameters,
      long trainableParameters,
      List<String> assets) {}

  /**
   * What training would do.
   *
   * @param trainingFunction the function to train through, and {@code evaluationFunction} the one
   *     to evaluate through
   * @param logits the tensor used as logits, and how it was found
   * @param trained variables that would train
   * @param frozen variables that would not, with the reason
   * @param unused trainable variables that the function never reads
   * @param rewrites what Belay does about ops that have no gradient
   * @param obstacles what stops training; empty if it would run
   */
  public record Plan(
      String trainingFunction,
      String evaluationFunction,
      String logits,
      List<String> trained,
      List<String> frozen,
      List<String> unused,
      List<String> rewrites,
      List<String> obstacles) {}

  /** Reads without starting TensorFlow. */
  public static Contents inspect(Path path, Set<String> allowedOps) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Builds the training graph, without training. */
  public static Plan plan(ModelConfig config) throws IOException {
    throw new UnsupportedOperationException();
  }
}
