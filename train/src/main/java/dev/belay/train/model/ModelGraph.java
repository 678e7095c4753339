package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.op.Ops;

/**
 * Owns a TensorFlow graph with a model in it: the pass to train through and the pass to evaluate
 * through, over one set of variables, each with the tensor that a loss or a head reads. Close it to
 * free the graph, after the session that runs it.
 */
public final class ModelGraph implements AutoCloseable {
  private final Graph graph;
  private final Parts parts;

  /**
   * What is in the graph.
   *
   * @param target what the loss or a new head reads, for people
   * @param passes which they are, for people
   * @param rewrites what was changed so that it can be trained, for people
   * @param heads the head for so many outputs, if there is one that is not part of the passes
   */
  record Parts(
      ForwardModel forward,
      ForwardPass training,
      ForwardPass evaluation,
      Task task,
      Loss loss,
      String target,
      List<String> passes,
      List<String> rewrites,
      IntFunction<Optional<Head>> heads) {}

  ModelGraph(Graph graph, Parts parts) {
    this.graph = graph;
    this.parts = parts;
  }

<<<<<<< HEAD
  /**
   * Adds the model's head, or its new one.
   *
   * @param outputs numbers per answer, where the head is a new one for classes
   * @return empty if the passes end in the model's own
   */
  public Optional<AttachedHead> attachHead(int outputs) {
    Ops tf = Ops.create(graph).withSubScope("belay_head");
    return parts.heads().apply(outputs).map(head -> head.attach(tf, parts.training().output()));
=======
  /** Imports a model into a new graph. */
  public static ModelGraph of(TrainableModel model, ModelConfig config, long seed)
      throws IOException {
    Graph graph = new Graph();
    try {
      return new ModelGraph(graph, model, config, seed);
    } catch (IOException | RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private static ImportOptions options(ModelConfig config, long seed) {
    return new ImportOptions(
        config.dropout() ? Dropout.ON : Dropout.OFF,
        seed,
        spec -> trains(config, spec),
        gradient -> config.trust().naturalGradients());
  }

  private static boolean trains(ModelConfig config, VariableSpec variable) {
    boolean chosen = matches(config.trainable(), variable).orElse(true);
    return chosen && !matches(config.freeze(), variable).orElse(false);
  }

  private static Optional<Boolean> matches(Optional<Pattern> pattern, VariableSpec variable) {
    return pattern.map(regex -> regex.matcher(variable.name()).find());
  }

  private Target target(TrainableModel model, FlatGraph.FlatFunction function, ModelConfig config)
      throws IOException {
    ImportedCall call = forward.call(TrainableModel.callName(function));
    if (config.head() != ModelConfig.HeadKind.NONE) {
      Output<?> features =
          FeatureTensor.find(graph, call, function, config.features().orElseThrow());
      return new Target(
          new ForwardPass(call, features), false, "a new head on " + features.op().name());
    }
    int position = OutputChoice.choose(model.contents().file(), function.source(), config.output());
    String name = function.source().outputs().get(position).name();
    Output<?> output = call.output(name);
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

  private static Task task(ModelConfig config, Target trained) {
    return switch (config.head()) {
      case CLASSIFICATION -> new Task(Task.Kind.CLASSIFICATION, labelCount(config));
      case REGRESSION -> new Task(Task.Kind.REGRESSION, java.util.OptionalInt.of(1));
      case NONE -> Task.of(trained.pass().output().op().name(), trained.pass().output().shape());
    };
  }

  private static java.util.OptionalInt labelCount(ModelConfig config) {
    return config.labels().map(java.util.OptionalInt::of).orElse(java.util.OptionalInt.empty());
  }

  private static Loss loss(Task task, Target trained) {
    if (task.kind() == Task.Kind.REGRESSION) {
      return new MeanSquaredError();
    }
    return trained.probabilities()
        ? new ProbabilityCrossEntropy()
        : new SparseSoftmaxCrossEntropy();
>>>>>>> stability
  }

  /** The graph itself. */
  public Graph graph() {
    return graph;
  }

  /** The model in the graph. */
  public ForwardModel forward() {
    return parts.forward();
  }

  /** The pass to train through. */
  public ForwardPass training() {
    return parts.training();
  }

  /** The pass to evaluate and to predict through. */
  public ForwardPass evaluation() {
    return parts.evaluation();
  }

  /** What the model learns. */
  public Task task() {
    return parts.task();
  }

  /** How wrong the model is. */
  public Loss loss() {
    return parts.loss();
  }

  /** What a loss or a new head reads, and how it was found. */
  public String target() {
    return parts.target();
  }

  /** What was changed in the model's graph so that it can be trained. */
  public List<String> rewrites() {
    return List.copyOf(parts.rewrites());
  }

  /** What was decided and rewritten, for people. */
  public List<String> notes() {
    return Stream.concat(parts.passes().stream(), parts.rewrites().stream()).toList();
  }

  /** Refuses patterns that match nothing: a typo would silently train all or nothing. */
  public void requireMatches(ModelConfig config) {
    requireMatch("--trainable", config.trainable());
    requireMatch("--freeze", config.freeze());
  }

  private void requireMatch(String option, Optional<Pattern> pattern) {
    List<String> names = parts.forward().variables().all().stream().map(v -> v.name()).toList();
    if (pattern.isPresent() && names.stream().noneMatch(n -> pattern.get().matcher(n).find())) {
      throw new ModelException(
          option
              + " "
              + pattern.get()
              + ": matches none of the model's "
              + names.size()
              + " variables, such as "
              + names.get(0)
              + "; `belay inspect MODEL` lists them");
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
