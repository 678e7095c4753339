package dev.belay.train;

import dev.belay.train.config.EvaluateConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Metrics and predictions of a model or run on files. */
public final class ModelEvaluation {
  private ModelEvaluation() {}

  /**
   * Metrics of a model on the configured files.
   *
   * @param metrics loss, accuracy and the like, by the field's names
   * @param examples how many were counted
   * @param labels names of the classes; empty for regression
   * @param notes what the user should know
   */
  public record Result(
      Map<String, Double> metrics, int examples, List<String> labels, List<String> notes) {}

  /**
   * The model's answer to one input line.
   *
   * @param label the most probable class; null for regression and per-token outputs
   * @param score its probability, or the predicted value for regression
   * @param logits as the model gives them; nested lists for per-token outputs
   */
  public record Prediction(String label, Double score, List<?> logits) {}

  /** Evaluates. Errors as {@link TrainingRun#execute}. */
  public static Result evaluate(EvaluateConfig config) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Predicts, in the order of the files. Errors as {@link TrainingRun#execute}. */
  public static void predict(EvaluateConfig config, Consumer<Prediction> sink) throws IOException {
    throw new UnsupportedOperationException();
  }
}
