package dev.belay.train;

import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Softmax;
import dev.belay.train.model.ModelJudge;
import dev.belay.train.model.Task;
import dev.belay.train.step.EvaluationResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** The model's answer to one input line; each task has its own. */
  public interface Prediction {}

  /** Evaluates. Errors as {@link TrainingRun#execute}. */
  public static Result evaluate(EvaluateConfig config, ModelJudge judge) throws IOException {
    try (LoadedModel loaded = LoadedModel.load(config, judge)) {
      Task task = loaded.graph().task();
      Dataset dataset = loaded.data().read(config.files(), task.labelRule(loaded.labels()));
      BatchSource source =
          RunDatasets.inOrder(
              dataset,
              config.data().evalBatchSize(),
              RunDatasets.masking(task, loaded.data(), List.of(dataset)));
      int outputs = task.outputs().orElseGet(() -> dataset.labels().map(LabelMap::size).orElse(1));
      Evaluator.Result result =
          new Evaluator(
                  source,
                  RunDatasets.metrics(
                      config.data().question(), task, dataset, outputs, dataset.labels()))
              .evaluate(loaded.runner());
      List<String> notes = new ArrayList<>(loaded.notes());
      notes.addAll(dataset.notes());
      return new Result(
          result.metrics(),
          result.examples(),
          dataset.labels().map(LabelMap::names).orElse(List.of()),
          notes);
    }
  }

  /**
   * Predicts, in the order of the files. Errors as {@link TrainingRun#execute}.
   *
   * @param notes gets what the user should know of the model, before the first prediction
   */
  public static void predict(
      EvaluateConfig config, ModelJudge judge, Consumer<Prediction> sink, Consumer<String> notes)
      throws IOException {
    try (LoadedModel loaded = LoadedModel.load(config, judge)) {
      loaded.notes().forEach(notes);
      DatasetPredictions predictions = new DatasetPredictions(config, loaded);
      predictions.predict(predictions.read(config.files()), sink);
    }
  }

  /**
   * One row of a result.
   *
   * @param tokens the example's own; what comes after them in the row is about padding
   */
  static Prediction prediction(
      LoadedModel loaded, EvaluationResult result, int row, int tokens) {
    int width = result.classes();
    int perExample = result.logits().length / Math.toIntExact(result.shape().get(0));
    int start = row * perExample;
    return switch (loaded.graph().task().kind()) {
      case QUESTION_ANSWERING -> throw new IllegalStateException("answers in words");
      case REGRESSION -> {
        float value = result.logits()[row];
        yield new RegressionValue(value, List.of(value));
      }
      case CLASSIFICATION -> {
        float[] logits = Arrays.copyOfRange(result.logits(), start, start + width);
        int best = ClassificationMetrics.argmax(logits);
        String label = loaded.labels().map(map -> map.name(best)).orElse(String.valueOf(best));
        yield new Classification(label, Softmax.of(logits, best), floats(logits));
      }
      case MULTI_LABEL ->
          LabelSet.of(
              floats(Arrays.copyOfRange(result.logits(), start, start + width)), loaded.labels());
      case TOKENS, CAUSAL_LM, MASKED_LM, SEQ2SEQ -> {
        List<List<Float>> rows = new ArrayList<>();
        int end = start + (tokens == 0 ? perExample : Math.min(tokens * width, perExample));
        for (int at = start; at < end; at += width) {
          rows.add(floats(Arrays.copyOfRange(result.logits(), at, at + width)));
        }
        yield new TokenLogits(rows);
      }
    };
  }

  private static List<Float> floats(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
