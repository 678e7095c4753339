package dev.belay.train.predict;

import dev.belay.train.TrainingRun;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.ModelUse;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Owns a model that is ready to evaluate and predict: its tokenizer, its graph and its session.
 * Close it to free their native memory; several threads may run it at once until then.
 */
public final class LoadedModel implements AutoCloseable {
  private final TrainableModel model;
  private final DatasetLoader data;
  private final ModelGraph graph;
  private final StepRunner runner;
  private final Optional<LabelMap> labels;

  private LoadedModel(
      TrainableModel model,
      DatasetLoader data,
      ModelGraph graph,
      StepRunner runner,
      Optional<LabelMap> labels) {
    this.model = model;
    this.data = data;
    this.graph = graph;
    this.runner = runner;
    this.labels = labels;
  }

  /** Loads a model. Errors as {@link TrainingRun#execute}. */
  public static LoadedModel load(EvaluateConfig config, ModelSandbox sandbox) throws IOException {
    try (ModelSandbox.SandboxCheck check = sandbox.begin(config.model(), false)) {
      TrainableModel model = TrainableModel.forEvaluation(config.model());
      InputMapping inputs = model.inputs(config.model().inputs(), false);
      DatasetLoader data = new DatasetLoader(config.data(), model, inputs);
      try {
        check.await();
        return load(config, model.decided(), data);
      } catch (Throwable e) {
        data.close();
        throw e;
      }
    }
  }

  private static LoadedModel load(EvaluateConfig config, TrainableModel model, DatasetLoader data)
      throws IOException {
    ModelGraph graph = model.evaluationGraph(config.model(), config.machine().seed());
    try {
      StepRunner runner =
          TrainingSession.evaluation(
              config.machine(), model, graph, graph.task().outputs().orElse(1));
      Optional<LabelMap> labels =
          config.labels().isEmpty()
              ? graph.task().ofOutputs(model.labels())
              : Optional.of(LabelMap.of(config.labels()));
      return new LoadedModel(model, data, graph, runner, labels);
    } catch (Throwable e) {
      graph.close();
      throw e;
    }
  }

  TrainableModel model() {
    return model;
  }

  /** Reader of the data that it is asked about. */
  public DatasetLoader data() {
    return data;
  }

  public ModelGraph graph() {
    return graph;
  }

  /** Runs its evaluation function. */
  public StepRunner runner() {
    return runner;
  }

  /** Names of its classes in the order of the logits, if they are known. */
  public Optional<LabelMap> labels() {
    return labels;
  }

  /** Decisions made while loading that matter to a use, for people. */
  public List<String> notes(ModelUse use) {
    List<String> notes = new ArrayList<>(graph.notes(use));
    notes.addAll(data.notes());
    return notes;
  }

  @Override
  public void close() {
    runner.close();
    graph.close();
    data.close();
  }
}
