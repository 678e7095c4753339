package dev.belay.train;

import dev.belay.train.answer.QuestionAnswers;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.Origin;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Softmax;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelJudge;
import dev.belay.train.model.Task;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Metrics and predictions of a model or run on files. */
public final class ModelEvaluation {
  private static final int BATCHES_AHEAD = 4;

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

  /**
   * A class, a number, or what is said of each token.
   *
   * @param label the most probable class; null for regression and per-token outputs
   * @param score its probability, or the predicted value for regression
   * @param logits as the model gives them; nested lists for per-token outputs
   */
  public record Choice(String label, Double score, List<?> logits) implements Prediction {}

  /** What is done with a model that is ready to be asked. */
  private interface Use<T> {
    T with(Setting setting) throws IOException;
  }

  /** A model that is ready to be asked. */
  private record Setting(
      RunData data,
      TrainableModel model,
      ModelGraph graph,
      StepRunner runner,
      Optional<LabelMap> labels) {}

  /** Evaluates. Errors as {@link TrainingRun#execute}. */
  public static Result evaluate(EvaluateConfig config, ModelJudge judge) throws IOException {
    return open(
        config,
        judge,
        setting -> {
          Task task = setting.graph().task();
          Dataset dataset = setting.data().read(config.files(), task.labelRule(setting.labels()));
          BatchSource source =
              RunDatasets.inOrder(
                  dataset,
                  config.data().evalBatchSize(),
                  RunDatasets.masking(task, setting.data(), List.of(dataset)));
          int outputs =
              task.outputs().orElseGet(() -> dataset.labels().map(LabelMap::size).orElse(1));
          Evaluator.Result result =
              new Evaluator(
                      source,
                      RunDatasets.metrics(
                          config.data().question(), task, dataset, outputs, dataset.labels()))
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
          boolean language = setting.graph().task().kind().isLanguage();
          if (language && setting.model().generates()) {
            return new LanguageAnswers(
                    config, setting.data(), setting.model(), setting.graph(), setting.runner())
                .tell(sink);
          }
          LabelRule rule = setting.graph().task().unlabelled(setting.labels());
          Dataset dataset = setting.data().read(config.files(), rule);
          BatchSource source = new BatchSource(dataset, options(config));
          if (rule.kind().isOfQuestions()) {
            answer(config, setting.runner(), dataset, source, sink);
            return dataset.size();
          }
          int answered = 0;
          try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
            while (batches.hasNext()) {
              Batch batch = batches.next();
              EvaluationResult result = setting.runner().evaluate(batch);
              for (int row = 0; row < batch.exampleCount(); row++) {
                EncodedExample example = dataset.examples().get(answered++);
                sink.accept(
                    example.origin() instanceof Origin.Words words
                        ? WordLabels.of(words, result, row, setting.labels().orElseThrow())
                        : prediction(setting, result, row, batch.lengths().get(row)));
              }
            }
          }
          return dataset.size();
        });
  }

  private static void answer(
      EvaluateConfig config,
      StepRunner runner,
      Dataset dataset,
      BatchSource source,
      Consumer<Prediction> sink) {
    QuestionAnswers answers =
        new QuestionAnswers(
            dataset.examples(),
            config.data().question(),
            found -> sink.accept(QuestionAnswer.of(found, config.nBest())));
    try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        EvaluationResult result = runner.evaluate(batches.next());
        answers.add(result.logits(), result.shape());
      }
    }
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
      return use.with(new Setting(data, model, graph, runner, labels));
    }
  }

  private static BatchOptions options(EvaluateConfig config) {
    return BatchOptions.inOrder(config.data().evalBatchSize(), RunDatasets.PAD_TO_MULTIPLE);
  }

  private static List<String> notes(Setting setting, Dataset dataset) {
    List<String> notes = new ArrayList<>(setting.graph().notes());
    notes.addAll(setting.data().notes());
    notes.addAll(dataset.notes());
    return notes;
  }

  /**
   * One row of a result.
   *
   * @param tokens the example's own; what comes after them in the row is about padding
   */
  private static Prediction prediction(
      Setting setting, EvaluationResult result, int row, int tokens) {
    int width = result.classes();
    int perExample = result.logits().length / Math.toIntExact(result.shape().get(0));
    int start = row * perExample;
    return switch (setting.graph().task().kind()) {
      case QUESTION_ANSWERING -> throw new IllegalStateException("answers in words");
      case REGRESSION -> {
        float value = result.logits()[row];
        yield new Choice(null, (double) value, List.of(value));
      }
      case CLASSIFICATION -> {
        float[] logits = Arrays.copyOfRange(result.logits(), start, start + width);
        int best = ClassificationMetrics.argmax(logits);
        String label = setting.labels().map(map -> map.name(best)).orElse(String.valueOf(best));
        yield new Choice(label, Softmax.of(logits, best), floats(logits));
      }
      case MULTI_LABEL ->
          LabelSet.of(
              floats(Arrays.copyOfRange(result.logits(), start, start + width)), setting.labels());
      case TOKENS, CAUSAL_LM, MASKED_LM, SEQ2SEQ -> {
        List<List<Float>> rows = new ArrayList<>();
        int end = start + (tokens == 0 ? perExample : Math.min(tokens * width, perExample));
        for (int at = start; at < end; at += width) {
          rows.add(floats(Arrays.copyOfRange(result.logits(), at, at + width)));
        }
        yield new Choice(null, null, rows);
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
