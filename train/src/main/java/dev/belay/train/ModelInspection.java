package dev.belay.train;

import dev.belay.graph.TrainStep;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.savedmodel.weights.Leftovers;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.ModelSource;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.RunState;
import dev.belay.train.run.LongestBatch;
import dev.belay.train.run.MemoryForecast;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.session.WeightSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** Reads what a model, checkpoint or run holds and how it would be trained. */
public final class ModelInspection {
  private ModelInspection() {}

  /** An input or output of a function; {@code shape} has -1 for unknown dimensions. */
  public record Tensor(String name, String dtype, List<Long> shape) {}

  /** A way to call the model. {@code training} is null if the function has no such argument. */
  public record Function(
      String name,
      boolean signature,
      Boolean training,
      List<Tensor> inputs,
      List<Tensor> outputs) {}

  /**
   * A variable; {@code trainable} is null if the format does not record it. {@code key} is the
   * checkpoint's key in a SavedModel, and the canonical name in other formats; null if the variable
   * is not a weight.
   */
  public record Variable(
      String name, String dtype, List<Long> shape, Boolean trainable, String key) {}

  /**
   * The contents of a path.
   *
   * @param format {@code savedmodel}, {@code huggingface}, {@code safetensors}, {@code hdf5},
   *     {@code tf1}, {@code tf2}; {@code run}, or {@code checkpoint} of a run
   * @param producer such as "TensorFlow 2.10.1"
   * @param parameters of all weights; optimizer slots do not count
   * @param names the naming scheme of the weights
   * @param run state of the run, if the path is one; else null
   */
  public record Contents(
      Path path,
      String format,
      String producer,
      List<Function> functions,
      List<Variable> variables,
      long parameters,
      long trainableParameters,
      List<String> assets,
      Names names,
      RunState run) {
    private Contents of(RunState state) {
      return new Contents(
          path,
          format,
          producer,
          functions,
          variables,
          parameters,
          trainableParameters,
          assets,
          names,
          state);
    }
  }

  /**
   * The naming scheme of weights.
   *
   * @param family such as "bert"; null if no family knows the names
   * @param dialect naming convention: {@code pytorch}, {@code tf1}, {@code keras}, {@code tf2}
   * @param prefix common prefix of the names; null if there is none
   * @param weights number of weights
   * @param slots optimizer slots, such as "m" and "v"
   * @param step step of the optimizer; null if the file does not record it
   * @param configuration the file with the model's architecture; null without one
   * @param leftovers tensors that are not weights
   */
  public record Names(
      String family,
      String dialect,
      String prefix,
      int weights,
      List<String> slots,
      Long step,
      Path configuration,
      Leftovers leftovers) {}

  /**
   * Preview of a training.
   *
   * @param trainingFunction the function to train through; {@code evaluationFunction} is the one to
   *     evaluate through
   * @param logits the tensor used as logits, and how it was found
   * @param vocabulary rows of the word embeddings that a training would hold
   * @param trained variables that would be trained
   * @param frozen variables that would not be trained, with the reason
   * @param unused trainable variables that the function never reads
   * @param rewrites how Belay handles ops that have no gradient
   * @param obstacles reasons why training is impossible; empty if it would run
   * @param memory that it would take on a CPU; null if training is impossible
   */
  public record Plan(
      String trainingFunction,
      String evaluationFunction,
      String logits,
      String vocabulary,
      List<String> trained,
      List<String> frozen,
      List<String> unused,
      List<String> rewrites,
      List<String> obstacles,
      Memory memory) {}

  /**
   * Memory that a training would take on a CPU, in bytes.
   *
   * @param total of the whole process
   * @param slots of the optimizer
   * @param activations all other tensors, at the moment at which most are held
   * @param description for people
   */
  public record Memory(
      long total, long weights, long gradients, long slots, long activations, String description) {
    private static Memory of(MemoryForecast forecast) {
      return new Memory(
          forecast.total(),
          forecast.weights(),
          forecast.gradients(),
          forecast.slots(),
          forecast.activations(),
          forecast.description());
    }
  }

  /** Reads without starting TensorFlow. */
  public static Contents inspect(Path path, Set<String> allowedOps) throws IOException {
    return inspect(
        new WeightsConfig(
            path,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            allowedOps,
            Optional.empty()));
  }

  /**
   * Reads without starting TensorFlow. Of a run, the contents are those of its export or, before
   * there is one, of its newest checkpoint.
   */
  public static Contents inspect(WeightsConfig config) throws IOException {
    WeightsConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config);
    return RunDirectory.isRun(located.path())
        ? inspectRun(located, new RunDirectory(located.path()))
        : contents(located);
  }

  private static Contents inspectRun(WeightsConfig config, RunDirectory run) throws IOException {
    RunState state = RunState.of(run);
    if (ModelSource.exported(run).isPresent()) {
      return contents(config).of(state);
    }
    Optional<Path> newest = Checkpoint.newest(run.checkpoints());
    while (newest.isPresent()) {
      try {
        return contents(config.at(newest.get())).of(state);
      } catch (IOException e) {
        // A run that trains may have removed this checkpoint after it wrote the next one.
        Optional<Path> now = Checkpoint.newest(run.checkpoints());
        if (now.equals(newest)) {
          throw e;
        }
        newest = now;
      }
    }
    throw new ModelException(run.root() + ": run, " + state.description());
  }

  private static Contents contents(WeightsConfig config) throws IOException {
    Path path = config.path();
    boolean run = RunDirectory.isRun(path);
    boolean checkpoint = WeightSource.isCheckpoint(path);
    ModelWeights weights = WeightSource.read(config);
    if (weights.savedModel().isPresent()) {
      return of(path, run ? "run" : "savedmodel", weights.savedModel().get(), weights);
    }
    return ofWeights(
        path, checkpoint ? "checkpoint" : weights.location().format().option(), weights);
  }

  private static Contents of(
      Path path, String format, SavedModelContents contents, ModelWeights weights) {
    List<Variable> variables =
        contents.variables().stream().map(ModelInspection::variable).toList();
    return new Contents(
        path,
        format,
        "TensorFlow " + contents.metaGraph().getMetaInfoDef().getTensorflowVersion(),
        contents.callables().stream().map(ModelInspection::function).toList(),
        variables,
        parameters(contents.variables()),
        parameters(contents.variables().stream().filter(ModelVariable::trainable).toList()),
        contents.assets().stream().map(asset -> asset.getFileName().toString()).toList(),
        naming(weights),
        null);
  }

  private static Contents ofWeights(Path path, String format, ModelWeights weights) {
    Map<String, String> canonicalNames = new HashMap<>();
    weights.storedNames().forEach((canonical, stored) -> canonicalNames.put(stored, canonical));
    List<Variable> variables = new ArrayList<>();
    long parameters = 0;
    for (String name : weights.stored().names()) {
      TensorSpec spec = weights.stored().spec(name);
      if (spec.isNumeric()) {
        variables.add(
            new Variable(
                name,
                dtype(spec.dtype()),
                dimensions(spec.shape()),
                null,
                canonicalNames.get(name)));
        parameters += canonicalNames.containsKey(name) ? spec.elements() : 0;
      }
    }
    return new Contents(
        path, format, "", List.of(), variables, parameters, 0, List.of(), naming(weights), null);
  }

  private static Names naming(ModelWeights weights) {
    return new Names(
        weights.naming().map(naming -> naming.family().modelType()).orElse(null),
        weights
            .naming()
            .map(naming -> naming.dialect().name().toLowerCase(Locale.ROOT))
            .orElse(null),
        weights.naming().map(Naming::prefix).filter(prefix -> !prefix.isEmpty()).orElse(null),
        weights.canonical().names().size(),
        weights.optimizer().map(state -> List.copyOf(state.slots().keySet())).orElse(List.of()),
        weights
            .optimizer()
            .map(OptimizerState::step)
            .filter(OptionalLong::isPresent)
            .map(OptionalLong::getAsLong)
            .orElse(null),
        weights
            .configuration()
            .map(c -> weights.location().configuration().orElseThrow())
            .orElse(null),
        weights.leftovers());
  }

  private static long parameters(List<ModelVariable> variables) {
    return variables.stream().mapToLong(variable -> variable.shape().size()).sum();
  }

  private static Variable variable(ModelVariable variable) {
    return new Variable(
        variable.name(),
        dtype(variable.dtype()),
        dimensions(variable.shape()),
        variable.trainable(),
        variable.checkpointKey());
  }

  private static Function function(ModelFunction function) {
    return new Function(
        function.isSignature() ? function.name() : function.path(),
        function.isSignature(),
        function.training().orElse(null),
        function.inputs().stream().map(ModelInspection::tensor).toList(),
        function.outputs().stream().map(ModelInspection::tensor).toList());
  }

  private static Tensor tensor(ModelFunction.Argument argument) {
    return new Tensor(argument.name(), dtype(argument.dtype()), dimensions(argument.shape()));
  }

  /** {@code float32}, as Python names it. */
  private static String dtype(DataType dtype) {
    return switch (dtype) {
      case DT_FLOAT -> "float32";
      case DT_DOUBLE -> "float64";
      case DT_HALF -> "float16";
      default -> dtype.name().substring("DT_".length()).toLowerCase(Locale.ROOT);
    };
  }

  private static List<Long> dimensions(Shape shape) {
    return shape.isUnknown() ? List.of() : Arrays.stream(shape.asArray()).boxed().toList();
  }

  /** Builds the training graph, without training. */
  public static Plan plan(PlanConfig config, ModelSandbox sandbox) throws IOException {
    ModelConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config.model());
    try (ModelSandbox.SandboxCheck check = sandbox.begin(located, true)) {
      TrainableModel model = TrainableModel.forTraining(located);
      check.await();
      return plan(config.with(located), model.decided());
    }
  }

  private static Plan plan(PlanConfig all, TrainableModel model) throws IOException {
    ModelConfig config = all.model();
    Memory memory = null;
    List<String> frozen = new ArrayList<>();
    try (ModelGraph graph = model.graph(config, 0)) {
      graph.requireMatches(config);
      List<GraphVariable> variables = graph.forward().variables().all();
      variables.stream()
          .filter(variable -> !variable.spec().trainable())
          .forEach(variable -> frozen.add(frozen(model, variable, config)));
      List<String> trained = new ArrayList<>();
      List<String> unused = new ArrayList<>();
      List<String> obstacles = new ArrayList<>();
      try {
        TrainStep step = TrainingSession.plannedStep(all, graph);
        step.parts().model().trainable().forEach(variable -> trained.add(variable.name()));
        step.parts().head().ifPresent(head -> head.all().forEach(v -> trained.add(v.name())));
        trained.removeAll(step.unused());
        trained.removeAll(step.withoutGradient());
        unused.addAll(step.unused());
        memory = Memory.of(MemoryForecast.of(graph.graph(), step, LongestBatch.of(all.data())));
      } catch (UntrainableModelException e) {
        obstacles.add(e.getMessage());
      }
      return new Plan(
          model.describe().get(0),
          model.describe().get(1),
          graph.target(),
          model.words(config).description(),
          trained,
          frozen,
          unused,
          graph.rewrites(),
          obstacles,
          memory);
    }
  }

  private static String frozen(TrainableModel model, GraphVariable variable, ModelConfig config) {
    boolean marked = model.marksTrainable(variable.name());
    return variable.name()
        + (marked && config.adapter().isOn()
            ? ": beside its adapter or those of other weights"
            : marked ? ": by --trainable or --freeze" : ": the model does not mark it trainable");
  }
}
