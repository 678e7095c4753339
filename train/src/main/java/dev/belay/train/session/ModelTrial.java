package dev.belay.train.session;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.TrainStep;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.UpdateConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.StepMachine;
import dev.belay.train.step.StepRunner;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Everything that a model makes native code do, done once and small: its graph imported, gradients
 * built, weights set, one update and one evaluation of two short examples. Nothing is kept of it.
 */
public final class ModelTrial {
  private static final int EXAMPLES = 2;

  /** Tokens of each example. */
  public static final int LENGTH = 8;

  /** A model that fixes more tokens than this gets no batch. */
  private static final int LONGEST = 1 << 16;

  private ModelTrial() {}

  /**
   * Tries a model in this process.
   *
   * @param trains whether to build gradients and make an update
   * @param stage receives the name of the next stage
   * @throws IOException if the model cannot be read or is refused
   */
  public static void run(ModelConfig config, boolean trains, Consumer<String> stage)
      throws IOException {
    stage.accept("reading the model");
    TrainableModel read =
        trains ? TrainableModel.forTraining(config) : TrainableModel.forEvaluation(config);
    stage.accept("comparing its functions");
    TrainableModel model = read.decided();
    InputMapping inputs = model.inputs(config.inputs(), false);
    stage.accept("importing its graph");
    try (ModelGraph graph = model.graph(config, MachineConfig.defaults().seed())) {
      stage.accept(trains ? "building its gradients" : "building its evaluation");
      try (StepRunner runner = runner(config, graph, trains)) {
        stage.accept("setting its weights");
        TrainingSession.load(runner, model);
        Optional<Batch> batch = batch(inputs.requests(), graph.task());
        if (batch.isPresent() && trains) {
          stage.accept("running its training function on two examples");
          runner.train(new UpdateBatch(List.of(batch.get())), 0, 1, Double.POSITIVE_INFINITY);
        }
        if (batch.isPresent()) {
          stage.accept("running its evaluation function on two examples");
          runner.evaluate(batch.get());
        }
      }
    }
  }

  private static StepRunner runner(ModelConfig config, ModelGraph graph, boolean trains) {
    MachineConfig machine =
        new MachineConfig("cpu", OptionalInt.of(1), MachineConfig.defaults().seed());
    if (trains) {
      TrainStep step = TrainingSession.plannedStep(config, graph);
      return StepRunner.forTraining(
          graph.graph(),
          step,
          evaluation(graph),
          new StepMachine(machine, UpdateConfig.defaults().precision()));
    }
    return StepRunner.forEvaluation(
        graph.graph(),
        evaluation(graph),
        TrainingSession.weights(graph, Optional.empty()),
        machine);
  }

  private static EvaluationStep evaluation(ModelGraph graph) {
    return EvaluationStep.build(graph.graph(), graph.evaluation(), Optional.empty(), graph.loss());
  }

  /** Two examples of the first token, all of it seen; nothing for a model of endless rows. */
  private static Optional<Batch> batch(List<FeatureRequest> requests, Task task) {
    int length =
        requests.stream()
            .filter(request -> FeatureNames.isPerToken(request.feature()))
            .flatMapToInt(request -> request.staticLength().stream())
            .max()
            .orElse(LENGTH);
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    for (FeatureRequest request : requests) {
      int columns = request.scalar() ? 1 : request.staticLength().orElse(length);
      if (columns > LONGEST) {
        return Optional.empty();
      }
      features.put(request.name(), column(request, columns));
    }
    return Optional.of(
        new Batch(
            BatchPosition.START,
            BatchPosition.START,
            features,
            Optional.of(task.madeUpLabels(EXAMPLES, length)),
            (long) EXAMPLES * length,
            Collections.nCopies(EXAMPLES, length),
            List.of()));
  }

  private static BatchColumn column(FeatureRequest request, int columns) {
    if (request.type() == ElementType.STRING) {
      return new BatchColumn.Texts(Collections.nCopies(EXAMPLES, "a"));
    }
    boolean mask =
        request.feature().equals(FeatureNames.ATTENTION_MASK) || request.isLength(); // of one token
    int[] ints = new int[EXAMPLES * columns];
    Arrays.fill(ints, mask ? 1 : 0);
    if (request.type() == ElementType.INTEGER) {
      return new BatchColumn.IntMatrix(EXAMPLES, columns, ints);
    }
    float[] floats = new float[ints.length];
    Arrays.fill(floats, mask ? 1 : 0);
    return new BatchColumn.FloatMatrix(EXAMPLES, columns, floats);
  }
}
