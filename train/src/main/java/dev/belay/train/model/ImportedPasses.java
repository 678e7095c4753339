package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.head.RegressionHead;
import dev.belay.graph.head.TokenClassificationHead;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.FinalSigmoid;
import dev.belay.graph.loss.FinalSoftmax;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.MeanSquaredError;
import dev.belay.graph.loss.ProbabilityCrossEntropy;
import dev.belay.graph.loss.SigmoidCrossEntropy;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.OutputChoice;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;

/** Finds in a SavedModel's graph what to train through, and what its loss or a new head reads. */
final class ImportedPasses {
  /** As Hugging Face's classifiers have it by default. */
  private static final double HEAD_DROPOUT = 0.1;

  private final ImportedModel model;
  private final ModelConfig config;
  private final long seed;

  ImportedPasses(ImportedModel model, ModelConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
  }

  /** A pass with what its output is. */
  private record Target(ForwardPass pass, boolean probabilities, String description) {}

  /** A new graph with the model in it. */
  ModelGraph graph() throws IOException {
    Graph graph = new Graph();
    try {
      return new ModelGraph(graph, parts(graph));
    } catch (IOException | RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private ModelGraph.Parts parts(Graph graph) throws IOException {
    ForwardModel forward =
        ImportedForward.importInto(graph, model.forwardSpec(), options(config, seed));
    Target trained = target(graph, forward, model.training());
    Target evaluated =
        model.training().equals(model.evaluation())
            ? trained
            : target(graph, forward, model.evaluation());
    Task task = task(trained);
    List<String> decisions = new ArrayList<>(model.notes());
    decisions.addAll(AddedLosses.notes(model));
    WeightConstraints constraints = WeightConstraints.of(model, forward.variables(), config);
    decisions.addAll(constraints.notes());
    List<String> rewrites = new ArrayList<>(model.flat().notes());
    rewrites.addAll(forward.notes());
    return new ModelGraph.Parts(
        forward,
        trained.pass().withLosses(AddedLosses.of(model, forward, model.training())),
        evaluated.pass().withLosses(AddedLosses.of(model, forward, model.evaluation())),
        task,
        loss(task, trained),
        trained.description(),
        List.of(
            "trains through " + model.training().source().path() + ", " + trained.description(),
            "evaluates through " + model.evaluation().source().path()),
        decisions,
        rewrites,
        this::head,
        constraints.byVariable());
  }

  private Optional<Head> head(int outputs) {
    double dropout = config.dropout() ? HEAD_DROPOUT : 0;
    return switch (config.head()) {
      case NONE -> Optional.empty();
      case CLASSIFICATION -> Optional.of(new ClassificationHead(outputs, dropout, seed));
      case REGRESSION -> Optional.of(new RegressionHead(dropout, seed));
      case TOKEN_CLASSIFICATION -> Optional.of(new TokenClassificationHead(outputs, dropout, seed));
      case QUESTION_ANSWERING, MASKED_LM, CAUSAL_LM, SEQ2SEQ ->
          throw new ModelException(onlyForWeights(config));
    };
  }

  private static String onlyForWeights(ModelConfig config) {
    return "--head "
        + config.head().option()
        + ": on a SavedModel Belay puts heads for classification, regression and"
        + " token-classification; it builds this one for weights alone, such as a Hugging Face"
        + " folder or a checkpoint";
  }

  private static ImportOptions options(ModelConfig config, long seed) {
    return new ImportOptions(
        config.dropout() ? Dropout.ON : Dropout.OFF,
        seed,
        spec -> config.trains(spec.name()),
        gradient -> config.trust().naturalGradients());
  }

  /** Whether an example has any number of the model's classes. */
  private boolean multiLabel() throws IOException {
    ProblemTypes.requireClasses(
        config,
        config.head() == ModelConfig.HeadKind.NONE
            ? ModelConfig.HeadKind.CLASSIFICATION
            : config.head());
    return config.head() != ModelConfig.HeadKind.REGRESSION
        && ProblemTypes.of(config, model.source().problemType());
  }

  private Target target(Graph graph, ForwardModel forward, FlatGraph.FlatFunction function)
      throws IOException {
    ForwardCall call = forward.call(FlatModel.callName(function));
    if (config.head() != ModelConfig.HeadKind.NONE) {
      Output<?> features =
          FeatureTensor.find(graph, call, function, config.features().orElseThrow());
      return new Target(
          new ForwardPass(call, features), false, "a new head on " + features.op().name());
    }
    int position = OutputChoice.choose(model.contents().file(), function.source(), config.output());
    String name = function.source().outputs().get(position).name();
    Output<?> output = call.output(name);
    if (multiLabel()) {
      return ofLabels(call, name, output);
    }
    Optional<Output<?>> behind = FinalSoftmax.logitsBehind(output);
    if (behind.isPresent()) {
      return new Target(
          new ForwardPass(call, behind.get()),
          false,
          "output " + name + " is a softmax, so the logits behind it are used");
    }
    Optional<Output<?>> pair =
        FinalSigmoid.logitsBehind(Ops.create(graph).withSubScope("belay_logits"), output);
    if (pair.isPresent()) {
      return new Target(
          new ForwardPass(call, pair.get()),
          false,
          "output " + name + " is a sigmoid, taken as the second of two classes, by its logit");
    }
    boolean probabilities = areProbabilities(name);
    return new Target(
        new ForwardPass(call, output), probabilities, described(name, output, probabilities));
  }

  /** A logit for each label, which says nothing of the other labels. */
  private static Target ofLabels(ForwardCall call, String name, Output<?> output) {
    Optional<Output<?>> behind = FinalSigmoid.logitsBehind(output);
    if (behind.isPresent()) {
      return new Target(
          new ForwardPass(call, behind.get()),
          false,
          "output "
              + name
              + " is a sigmoid, so the logits behind it are used, for multiple labels");
    }
    boolean exclusive = FinalSoftmax.logitsBehind(output).isPresent();
    if (exclusive || areProbabilities(name)) {
      throw new ModelException(
          "output '"
              + name
              + "' is "
              + (exclusive
                  ? "a softmax, whose classes exclude each other"
                  : "called probabilities, and no sigmoid was found behind it")
              + "; multi_label_classification needs a logit for each label: name an output that"
              + " holds them with --output, or train a new head with --head classification"
              + " --features NAME");
    }
    return new Target(
        new ForwardPass(call, output), false, "output " + name + ", for multiple labels");
  }

  /** By its name; logarithms of probabilities are logits as good as any. */
  private static boolean areProbabilities(String output) {
    String name = output.toLowerCase(Locale.ROOT);
    return name.contains("prob") && !name.contains("log_prob") && !name.contains("logprob");
  }

  private static String described(String name, Output<?> output, boolean probabilities) {
    if (probabilities) {
      return "output " + name + ", whose logarithm is taken since no softmax was found behind it";
    }
    return FinalSoftmax.isItsLogarithm(output)
        ? "output "
            + name
            + ", the logarithm of a softmax: minus infinity, and then NaN, where a probability is"
            + " rounded to 0; an output with the logits is safe"
        : "output " + name;
  }

  private Task task(Target trained) throws IOException {
    boolean multiLabel = multiLabel();
    return switch (config.head()) {
      case CLASSIFICATION ->
          new Task(
              multiLabel ? Task.Kind.MULTI_LABEL : Task.Kind.CLASSIFICATION, labelCount(config));
      case REGRESSION -> new Task(Task.Kind.REGRESSION, OptionalInt.of(1));
      case TOKEN_CLASSIFICATION -> new Task(Task.Kind.TOKENS, labelCount(config));
      case QUESTION_ANSWERING, MASKED_LM, CAUSAL_LM, SEQ2SEQ ->
          throw new ModelException(onlyForWeights(config));
      case NONE -> {
        String name = trained.pass().output().op().name();
        Shape shape = trained.pass().output().shape();
        yield multiLabel
            ? Task.ofLabels(name, shape)
            : Task.of(name, shape, model.described().isCausal());
      }
    };
  }

  private static OptionalInt labelCount(ModelConfig config) {
    return config.labels().map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  private static Loss loss(Task task, Target trained) {
    if (task.kind() == Task.Kind.MULTI_LABEL) {
      return new SigmoidCrossEntropy();
    }
    if (task.kind() == Task.Kind.REGRESSION) {
      return new MeanSquaredError();
    }
    return trained.probabilities()
        ? new ProbabilityCrossEntropy()
        : new SparseSoftmaxCrossEntropy();
  }
}
