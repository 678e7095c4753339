package dev.belay.train;

import dev.belay.graph.TrainStep;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelJudge;
import dev.belay.train.model.ModelSource;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** What a model, checkpoint or run holds, and what training would do with it. */
public final class ModelInspection {
  private static final String OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

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
    if (Files.isDirectory(path) && Checkpoint.isCheckpoint(path.toAbsolutePath().normalize())) {
      return ofCheckpoint(path, Checkpoint.open(path).model());
    }
    if (Files.isRegularFile(Path.of(path + ".index"))) {
      BundleContents bundle = BundleReader.open(path);
      bundle.verifyAll();
      return ofCheckpoint(path, bundle);
    }
    Path model = ModelSource.at(path).directory();
    SavedModelContents contents =
        SavedModelReader.read(model, GraphPolicy.strict().allowing(allowedOps));
    return of(path, RunDirectory.isRun(path) ? "run" : "savedmodel", contents);
  }

  private static Contents of(Path path, String format, SavedModelContents contents) {
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
        contents.assets().stream().map(asset -> asset.getFileName().toString()).toList());
  }

  private static Contents ofCheckpoint(Path path, BundleContents bundle) {
    List<Variable> variables = new ArrayList<>();
    long parameters = 0;
    for (String name : bundle.names()) {
      if (!name.equals(OBJECT_GRAPH)) {
        TensorSpec spec = bundle.spec(name);
        variables.add(
            new Variable(name, dtype(spec.dtype()), dimensions(spec.shape()), null, name));
        parameters += spec.elements();
      }
    }
    return new Contents(path, "checkpoint", "", List.of(), variables, parameters, 0, List.of());
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
      default -> dtype.name().substring("DT_".length()).toLowerCase(java.util.Locale.ROOT);
    };
  }

  private static List<Long> dimensions(Shape shape) {
    return shape.isUnknown() ? List.of() : Arrays.stream(shape.asArray()).boxed().toList();
  }

  /** Builds the training graph, without training. */
  public static Plan plan(ModelConfig config, ModelJudge judge) throws IOException {
    try (ModelJudge.Judgement judgement = judge.begin(config, true)) {
      TrainableModel model = TrainableModel.forTraining(config);
      judgement.await();
      return plan(config, model);
    }
  }

  private static Plan plan(ModelConfig config, TrainableModel model) throws IOException {
    List<String> frozen = new ArrayList<>();
    try (ModelGraph graph = ModelGraph.of(model, config, 0)) {
      graph.requireMatches(config);
      List<GraphVariable> variables = graph.forward().variables().all();
      variables.stream()
          .filter(variable -> !variable.spec().trainable())
          .forEach(variable -> frozen.add(frozen(model, variable)));
      List<String> trained = new ArrayList<>();
      List<String> unused = new ArrayList<>();
      List<String> obstacles = new ArrayList<>();
      try {
        TrainStep step = ModelRun.plannedStep(config, graph);
        step.parts().model().trainable().forEach(variable -> trained.add(variable.name()));
        step.parts().head().ifPresent(head -> head.all().forEach(v -> trained.add(v.name())));
        trained.removeAll(step.unused());
        trained.removeAll(step.withoutGradient());
        unused.addAll(step.unused());
      } catch (UntrainableModelException e) {
        obstacles.add(e.getMessage());
      }
      return new Plan(
          describe(model.training().source()),
          describe(model.evaluation().source()),
          graph.target(),
          trained,
          frozen,
          unused,
          graph.rewrites(),
          obstacles);
    }
  }

  private static String describe(ModelFunction function) {
    return function.path()
        + function.training().map(training -> " (training=" + training + ")").orElse("");
  }

  private static String frozen(TrainableModel model, GraphVariable variable) {
    boolean marked = model.variables().get(variable.name()).variable().trainable();
    return variable.name()
        + (marked ? ": by --trainable or --freeze" : ": the model does not mark it trainable");
  }
}
