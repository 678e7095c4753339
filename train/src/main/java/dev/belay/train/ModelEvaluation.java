package dev.belay.train;

import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.event.RunEvent;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.loop.Evaluator;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.ModelUse;
import dev.belay.train.predict.LoadedModel;
import dev.belay.train.predict.ModelQuery;
import dev.belay.train.task.Prediction;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.util.ArrayList;
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
   * @param examples number of counted examples
   * @param labels names of the classes; empty for regression
   * @param notes remarks for people
   */
  public record Result(
      Map<String, Double> metrics, int examples, List<String> labels, List<String> notes) {}

  /** Evaluates. Errors as {@link TrainingRun#execute}. */
  public static Result evaluate(EvaluateConfig config, ModelSandbox sandbox) throws IOException {
    return evaluate(config, sandbox, event -> {});
  }

  /**
   * Evaluates. Errors as {@link TrainingRun#execute}.
   *
   * @param listener receives the progress, on the calling thread
   */
  public static Result evaluate(
      EvaluateConfig config, ModelSandbox sandbox, Consumer<RunEvent> listener) throws IOException {
    EvaluateConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config);
    try (LoadedModel loaded = LoadedModel.load(located, sandbox)) {
      Task task = loaded.graph().task();
      Dataset dataset = loaded.data().read(config.files(), task.labels(loaded.labels()));
      BatchSource source =
          TrainingData.inOrder(
              dataset,
              config.data().evalBatchSize(),
              TrainingData.masking(task, loaded.data(), List.of(dataset)));
      Evaluator.Result result =
          new Evaluator(
                  source,
                  () ->
                      task.newMetrics(
                          dataset,
                          task.outputs(dataset),
                          dataset.labels(),
                          config.data().question()))
              .evaluate(
                  loaded.runner(),
                  (done, of) -> listener.accept(new RunEvent.Evaluating(0, done, of)));
      List<String> notes = new ArrayList<>(loaded.notes(ModelUse.EVALUATION));
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
   * @param notes receives remarks about the model for people, before the first prediction
   */
  public static void predict(
      EvaluateConfig config,
      ModelSandbox sandbox,
      Consumer<Prediction> sink,
      Consumer<String> notes)
      throws IOException {
    EvaluateConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config);
    try (LoadedModel loaded = LoadedModel.load(located.withoutModelLosses(), sandbox)) {
      loaded.notes(ModelUse.PREDICTION).forEach(notes);
      loaded.graph().task().predict(ModelQuery.ofFiles(located, loaded), sink);
    }
  }
}
