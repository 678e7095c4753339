package dev.belay.train;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelJudge;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.StepRunner;
import dev.belay.train.task.Prediction;
import dev.belay.train.task.PredictionRun;
import dev.belay.train.task.Task;
import dev.belay.train.tokenize.TextTokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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

  /** What is done with a model that is ready to be asked. */
  private interface Use<T> {
    T with(Setting setting) throws IOException;
  }

  /** A model that is ready to be asked. */
  private record Setting(
      EvaluateConfig config,
      RunData data,
      TrainableModel model,
      ModelGraph graph,
      StepRunner runner,
      Optional<LabelMap> labels)
      implements PredictionRun {

    @Override
    public ForwardModel forward() {
      return graph.forward();
    }

    @Override
    public Dataset read(LabelRule rule) {
      return data.read(config.files(), rule);
    }

    @Override
    public Dataset readPrompts() {
      return data.readPrompts(config.files());
    }

    @Override
    public BatchSource batches(Dataset dataset) {
      return RunDatasets.inOrder(dataset, config.data().evalBatchSize(), Optional.empty());
    }

    @Override
    public TextTokenizer tokenizer() {
      return data.required("the model answers with tokens, and to make text of them ");
    }

    @Override
    public int maskId() {
      return data.maskId();
    }

    @Override
    public boolean generates() {
      return model.generates();
    }

    @Override
    public OptionalInt decoderStart() {
      return model.decoderStart();
    }

    @Override
    public OptionalInt endId() {
      return model.endId();
    }

    @Override
    public OptionalInt maxSeqLength() throws IOException {
      return model.maxSeqLength();
    }
  }

  /** Evaluates. Errors as {@link TrainingRun#execute}. */
  public static Result evaluate(EvaluateConfig config, ModelJudge judge) throws IOException {
    return open(
        config,
        judge,
        setting -> {
          Task task = setting.graph().task();
          Dataset dataset = setting.read(task.labels(setting.labels()));
          BatchSource source =
              RunDatasets.inOrder(
                  dataset,
                  config.data().evalBatchSize(),
                  RunDatasets.masking(task, setting.data(), List.of(dataset)));
          Evaluator.Result result =
              new Evaluator(
                      source,
                      () ->
                          task.newMetrics(
                              dataset,
                              task.outputs(dataset),
                              dataset.labels(),
                              config.data().question()))
                  .evaluate(setting.runner());
          return new Result(
              result.metrics(),
              result.examples(),
              dataset.labels().map(LabelMap::names).orElse(List.of()),
              notes(setting, dataset));
        });
  }

  /**
   * Predicts, in the order of the files. Errors as {@link TrainingRun#execute}.
   *
   * @param notes gets what the user should know of the model, before the first prediction
   */
  public static void predict(
      EvaluateConfig config, ModelJudge judge, Consumer<Prediction> sink, Consumer<String> notes)
      throws IOException {
    open(
        config,
        judge,
        setting -> {
          setting.graph().notes().forEach(notes);
          setting.data().notes().forEach(notes);
          return setting.graph().task().predict(setting, sink);
        });
  }

  private static <T> T open(EvaluateConfig config, ModelJudge judge, Use<T> use)
      throws IOException {
    try (ModelJudge.Judgement judgement = judge.begin(config.model(), false)) {
      TrainableModel model = TrainableModel.forEvaluation(config.model());
      InputMapping inputs = model.inputs(config.model().inputs(), false);
      try (RunData data = new RunData(config.data(), model, inputs)) {
        judgement.await();
        return open(config, model.decided(), data, use);
      }
    }
  }

  private static <T> T open(EvaluateConfig config, TrainableModel model, RunData data, Use<T> use)
      throws IOException {
    try (ModelGraph graph = model.graph(config.model(), config.machine().seed());
        StepRunner runner =
            ModelRun.evaluation(config.machine(), model, graph, graph.task().outputs().orElse(1))) {
      Optional<LabelMap> labels =
          config.labels().isEmpty()
              ? graph.task().ofOutputs(model.labels())
              : Optional.of(LabelMap.of(config.labels()));
      return use.with(new Setting(config, data, model, graph, runner, labels));
    }
  }

  private static List<String> notes(Setting setting, Dataset dataset) {
    List<String> notes = new ArrayList<>(setting.graph().notes());
    notes.addAll(setting.data().notes());
    notes.addAll(dataset.notes());
    return notes;
  }
}
