package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.Head;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.FinalSigmoid;
import dev.belay.graph.loss.FinalSoftmax;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.NoLoss;
import dev.belay.graph.search.NodeNames;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.OutputChoice;
import dev.belay.train.adapter.AdapterNotes;
import dev.belay.train.adapter.AdapterPlans;
import dev.belay.train.config.LossConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.task.OutputLossTask;
import dev.belay.train.task.ServedOutput;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;

/** Finds in a SavedModel's graph what to train through, and what its loss or a new head reads. */
final class ImportedPasses {
  /** As Hugging Face's classifiers have it by default. */
  private static final double HEAD_DROPOUT = 0.1;

  private final ImportedModel model;
  private final ModelConfig config;
  private final Optional<Task> asked;
  private final long seed;

  ImportedPasses(ImportedModel model, ModelConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.asked = Task.asked(config);
    this.seed = seed;
  }

  /** A pass with what its output is. */
  private record Target(
      ForwardPass pass, boolean probabilities, String description, boolean decodes) {

    Target(ForwardPass pass, boolean probabilities, String description) {
      this(pass, probabilities, description, false);
    }
  }

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

  private ModelGraph.GraphContents parts(Graph graph) throws IOException {
    ForwardModel forward = ImportedForward.importInto(graph, model.forwardSpec(), options());
    if (config.adapter().isOn()) {
      model.adapter().ifPresent(read -> read.requireFits(forward));
    }
    if (model.loss().isPresent()) {
      return parts(forward, new LossPasses(graph, forward, model).passes());
    }
    Target trained = target(graph, forward, model.training());
    Target evaluated =
        model.training().equals(model.evaluation())
            ? trained
            : target(graph, forward, model.evaluation());
    Task task = task(trained);
    Loss loss = decodes(trained) ? new NoLoss() : task.loss(trained.probabilities());
    return parts(
        forward,
        new LossPasses.Passes(
            trained.pass().withLosses(AddedLosses.of(model, forward, model.training())),
            evaluated.pass().withLosses(AddedLosses.of(model, forward, model.evaluation())),
            task,
            loss,
            trained.description(),
            evaluated.description()));
  }

  private ModelGraph.GraphContents parts(ForwardModel forward, LossPasses.Passes passes)
      throws IOException {
    ModelNotes decisions =
        new ModelNotes()
            .addAll(AdapterNotes.of(forward))
            .addAll(model.notes())
            .addAll(AddedLosses.notes(model));
    WeightConstraints constraints = WeightConstraints.of(model, forward, config);
    decisions.addAll(constraints.notes());
    List<String> rewrites = new ArrayList<>(model.flat().notes());
    rewrites.addAll(forward.notes());
    return new ModelGraph.GraphContents(
        forward,
        passes.training(),
        passes.evaluation(),
        passes.task(),
        passes.loss(),
        passes.trained(),
        notes(passes),
        decisions,
        rewrites,
        this::head,
        constraints.byVariable());
  }

  private ModelNotes notes(LossPasses.Passes passes) {
    String training = model.training().source().path() + ", " + passes.trained();
    String serving = model.evaluation().source().path();
    String evaluation = serving + ", " + passes.evaluated();
    return new ModelNotes()
        .add(ModelUse.trainings(), "trains through " + training)
        .add(Set.of(ModelUse.VALIDATED_TRAINING), "evaluates through " + serving)
        .add(Set.of(ModelUse.EVALUATION), "evaluates through " + evaluation)
        .add(Set.of(ModelUse.PREDICTION), "predicts through " + evaluation);
  }

  private Optional<Head> head(int outputs) {
    double dropout = config.dropout() ? HEAD_DROPOUT : 0;
    return asked.flatMap(task -> task.savedModelHead(outputs, dropout, seed));
  }

  private ImportOptions options() {
    return new ImportOptions(
        config.dropout() ? Dropout.ON : Dropout.OFF,
        seed,
        spec -> model.trains(spec.name(), config),
        gradient -> config.trust().naturalGradients(),
        adapters());
  }

  /** One function for training and evaluation would drop in both. */
  private Optional<AdapterPlan> adapters() {
    Optional<AdapterPlan> plan = AdapterPlans.of(config, seed, model.adapter());
    boolean drops = plan.map(adapters -> adapters.dropout() > 0).orElse(false);
    if (drops && model.trains() && model.training().equals(model.evaluation())) {
      throw new ModelException(
          "--lora-dropout "
              + plan.orElseThrow().dropout()
              + ": the model is trained and evaluated through one function, "
              + model.training().source().path()
              + ", so that evaluation would have the dropout too: set --lora-dropout 0, or save the"
              + " model with a trace for training=True");
    }
    return plan;
  }

  private Target target(Graph graph, ForwardModel forward, FlatGraph.FlatFunction function)
      throws IOException {
    ForwardCall call = forward.call(FlatModel.callName(function));
    if (asked.isPresent()) {
      Output<?> features =
          FeatureTensor.find(graph, call, function, config.features().orElseThrow());
      return new Target(
          new ForwardPass(call, features), false, "a new head on " + features.op().name());
    }
    int position = OutputChoice.choose(model.contents().file(), function.source(), config.output());
    String name = function.source().outputs().get(position).name();
    Output<?> output = call.output(name);
    if (isInteger(output)) {
      return ofDecoded(graph, call, name, output);
    }
    if (ServedOutput.isMultiLabel(config, model.source().problemType())) {
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
        FinalSigmoid.logitsBehind(
            Ops.create(graph).withSubScope(NodeNames.PREFIX + "logits"), output);
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

  private static boolean isInteger(Output<?> output) {
    return output.dataType() == DataType.DT_INT32 || output.dataType() == DataType.DT_INT64;
  }

  /** Whether a model's own output is classes, not logits. */
  private boolean decodes(Target target) {
    return asked.isEmpty() && target.decodes();
  }

  /** Classes that the model has decoded, which it predicts but cannot learn from. */
  private Target ofDecoded(Graph graph, ForwardCall call, String name, Output<?> output) {
    int rank = output.shape().numDimensions();
    if (model.trains() || rank < 1 || rank > 2) {
      throw new ModelException(
          "output '"
              + name
              + "' holds integers of shape "
              + output.shape()
              + ", such as decoded classes, which have no gradient; expected logits. Name an output"
              + " with logits with --output, or one with the loss with "
              + LossConfig.OPTION);
    }
    Ops tf = Ops.create(graph).withSubScope(NodeNames.PREFIX + "prediction");
    boolean column = rank == 2 && output.shape().get(1) == 1;
    Output<?> classes =
        column ? tf.reshape(output, tf.constant(new int[] {-1})).asOutput() : output;
    return new Target(
        new ForwardPass(call, LossPasses.decoded(tf, classes)),
        false,
        "output " + name + ", the decoded classes",
        true);
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
    Optional<String> said = model.source().problemType();
    if (asked.isPresent()) {
      return asked.get().onSavedModel(config, said);
    }
    Output<?> output = trained.pass().output();
    if (trained.decodes()) {
      return OutputLossTask.decoding(output.shape().numDimensions() == 3);
    }
    ServedOutput served = new ServedOutput(output.op().name(), output.shape());
    return ServedOutput.isMultiLabel(config, said)
        ? served.multiLabel()
        : served.task(model.described().isCausal());
  }
}
