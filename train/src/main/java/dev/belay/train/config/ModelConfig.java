package dev.belay.train.config;

import dev.belay.savedmodel.weights.WeightFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Model of a run, and how to call it.
 *
 * @param files contents of the path, as far as Belay does not detect them
 * @param adapter low-rank adapters of its weights
 * @param trust exceptions that the user allows for a foreign model
 * @param embedding vectors of sentences
 * @param loss a loss that the model computes itself
 * @param gradientCheckpointing whether the backward pass computes each block again
 */
@Section.Of(Section.MODEL)
public record ModelConfig(
    @Option(
            name = "model",
            label = "PATH",
            help =
                "A SavedModel, a Hugging Face folder, a .safetensors or .h5 file, the prefix"
                    + " of a TF1 or TF2 checkpoint, a run directory of Belay, or the name of a"
                    + " model of the Hugging Face hub.",
            required = "name a SavedModel, weights, a checkpoint or a run directory",
            onResume = Option.OnResume.COMPARE_CONTENTS)
        Path path,
    Files files,
    @Option(
            name = "signature",
            label = "NAME",
            help =
                "Signature or function to call (default: for training the training=True"
                    + " function if there is one, else serving_default).")
        Optional<String> signature,
    @Option(
            name = "inputs",
            label = "feature=NAME",
            help =
                "Names of the model's inputs for input_ids, attention_mask and token_type_ids, "
                    + "if they are unusual.",
            commaSeparated = true)
        Map<String, String> inputs,
    @Option(
            name = "output",
            label = "NAME",
            help = "The output with the logits (default: found by name).")
        Optional<String> output,
    @Option(
            name = "head",
            label = "HEAD",
            help =
                "A new head on the model: none, classification, regression or "
                    + "token-classification, which on a SavedModel needs --features; weights "
                    + "without a graph can also have question-answering, masked-lm and "
                    + "sentence-embedding, GPT-2 causal-lm instead of masked-lm, T5 only seq2seq.",
            defaultValue = "none",
            section = Section.WHAT_TRAINS,
            place = -2)
        String head,
    @Option(
            name = "features",
            label = "NAME",
            help = "The output or inner tensor of a SavedModel that the new head reads.",
            section = Section.WHAT_TRAINS)
        Optional<String> features,
    @Option(
            name = "num-labels",
            label = "N",
            help = "Number of classes of a new classification head (default: as in the data).",
            section = Section.WHAT_TRAINS)
        Optional<Integer> labels,
    @Option(
            name = "problem-type",
            label = "TYPE",
            help =
                "single_label_classification, one class for each example, or "
                    + "multi_label_classification, any number of classes, each with a sigmoid; "
                    + "in the data a|b or a list (default: from the model's config.json, else "
                    + "single).")
        Optional<String> problem,
    @Option(
            name = "trainable",
            label = "REGEX",
            help =
                "Train only matching variables (default: those that the model marks "
                    + "trainable).",
            section = Section.WHAT_TRAINS)
        Optional<Pattern> trainable,
    @Option(
            name = "freeze",
            label = "REGEX",
            help = "Do not train matching variables.",
            section = Section.WHAT_TRAINS)
        Optional<Pattern> freeze,
    @Option(
            name = "dropout",
            label = "on|off",
            help = "Use dropout in training.",
            defaultValue = "on",
            section = Section.WHAT_TRAINS)
        boolean dropout,
    @Option(
            name = "model-losses",
            label = "on|off",
            help =
                "Include the losses that layers of a SavedModel add (regularizers, add_loss), as "
                    + "Keras does.",
            defaultValue = "on")
        boolean modelLosses,
    AdapterConfig adapter,
    Trust trust,
    EmbeddingConfig embedding,
    LossConfig loss,
    @Option(
            name = "gradient-checkpointing",
            help =
                "Compute each block again in the backward pass instead of keeping its tensors: less"
                    + " memory, more time, the same numbers. For models that Belay builds.",
            section = Section.MACHINE,
            trainingOnly = true,
            onResume = Option.OnResume.LOG)
        boolean gradientCheckpointing) {

  /** Names of the options that determine how weights are read, for every use. */
  public static final Set<String> OF_WEIGHTS =
      Set.of("model-format", "model-config", "tag", "allow-op", "model-revision");

  /** No new head: the model's own is trained. */
  public static final String OWN_HEAD = "none";

  /** Hugging Face's name of a classification of which each example has one label. */
  public static final String SINGLE_LABEL = "single_label_classification";

  /** Hugging Face's name of a classification of which an example may have several labels. */
  public static final String MULTI_LABEL = "multi_label_classification";

  private static final List<String> PROBLEMS = List.of(SINGLE_LABEL, MULTI_LABEL);

  /** Rule for restoring the optimizer of an earlier training. */
  public enum RestoreOptimizer {
    /** Restore it if the files have slots and a step, and the optimizer uses them. */
    AUTO,
    NO
  }

  /** Files of a model. */
  @Section.Of(Section.MODEL)
  public record Files(
      @Option(
              name = "model-format",
              label = "FORMAT",
              help =
                  "Format of the model: savedmodel, huggingface, safetensors, hdf5, tf1 or tf2 "
                      + "(default: detected).",
              section = Section.WEIGHTS)
          Optional<WeightFormat> format,
      @Option(
              name = "model-config",
              label = "FILE",
              help = "config.json or bert_config.json, if none is beside the weights.",
              section = Section.WEIGHTS)
          Optional<Path> configuration,
      @Option(
              name = "restore-optimizer",
              label = "auto|no",
              help =
                  "auto: resume with the optimizer slots and the step of the checkpoint, if it "
                      + "has them; no: start with new ones.",
              defaultValue = "auto",
              section = Section.WHAT_TRAINS,
              place = 1)
          RestoreOptimizer restoreOptimizer,
      @Option(
              name = "ignore-weights",
              label = "REGEX",
              help =
                  "Skip weights whose name matches. Without it, weights are refused that are "
                      + "named as parts of the model but that Belay's graph does not use.")
          Optional<Pattern> ignoredWeights,
      @Option(
              name = "from-scratch",
              help =
                  "Build the model that config.json describes, with random weights: --model "
                      + "names that file or its folder, and weights beside it are not read.",
              section = Section.WHAT_TRAINS,
              place = -1)
          boolean fromScratch,
      @Option(
              name = "tag",
              label = "TAGS",
              help =
                  "Tags of the graph to use of a SavedModel with several graphs, separated by "
                      + "commas (default: serve, or the only one).",
              section = Section.WEIGHTS)
          Optional<String> tags,
      @Option(
              name = "model-revision",
              label = "REVISION",
              help =
                  "Branch, tag or commit of a model of the hub (default: main, at the commit that "
                      + "the cache has; a run that resumes keeps its commit).",
              section = Section.WEIGHTS,
              onResume = Option.OnResume.COMPARE_CONTENTS)
          Optional<String> revision) {}

  /** Exceptions that the user makes for a foreign model. */
  @Section.Of(Section.MODEL)
  public record Trust(
      @Option(
              name = "allow-op",
              label = "OP",
              help = "Allow this op in a foreign graph although the policy refuses it; repeatable.",
              onResume = Option.OnResume.IGNORE)
          Set<String> allowedOps,
      @Option(
              name = "accept-custom-gradient",
              help =
                  "Use the natural gradient for a custom gradient that the model's file lacks, "
                      + "instead of refusing the model.",
              section = Section.WHAT_TRAINS)
          boolean naturalGradients,
      @Option(
              name = "allow-no-gradient",
              label = "REGEX",
              help = "Allow matching trainable variables to have no gradient; repeatable.",
              section = Section.WHAT_TRAINS,
              onResume = Option.OnResume.LOG)
          List<Pattern> withoutGradient,
      @Option(
              name = "ignore-constraints",
              label = "REGEX",
              help =
                  "Train matching variables without the constraint of their Keras layer, such as "
                      + "kernel_constraint.",
              section = Section.WHAT_TRAINS)
          Optional<Pattern> ignoredConstraints,
      @Option(
              name = "trust-model",
              help =
                  "Do not test the model in a separate process first: a graph that crashes "
                      + "native code then crashes this command.",
              onResume = Option.OnResume.IGNORE)
          boolean untried) {
    public static final Trust NOTHING = ConfigBinder.defaults(Trust.class);

    /** Whether a variable trains without the constraint of its Keras layer. */
    public boolean ignoresConstraint(String variable) {
      return ignoredConstraints.map(regex -> regex.matcher(variable).find()).orElse(false);
    }
  }

  public ModelConfig {
    inputs = Map.copyOf(inputs);
    head = head.toLowerCase(Locale.ROOT).replace('_', '-');
    problem = problem.map(type -> type.toLowerCase(Locale.ROOT));
    new Check()
        .atLeast("--num-labels", 2, labels)
        .that(
            problem.map(PROBLEMS::contains).orElse(true),
            "--problem-type",
            String.join(" or ", PROBLEMS),
            problem.orElse(""))
        .verify();
    boolean vectors = head.equals(OWN_HEAD) || head.equals(EmbeddingConfig.HEAD);
    if (!vectors && embedding.isGiven()) {
      throw EmbeddingConfig.misplaced();
    }
  }

  /** The task of a new head; empty: the model's own head is trained. */
  public Optional<String> newHead() {
    return Optional.of(head).filter(task -> !task.equals(OWN_HEAD));
  }

  /**
   * Whether the options allow a variable of that name to train. With adapters, only variables that
   * are named do.
   */
  public boolean trains(String variable) {
    boolean chosen = trainable.map(regex -> regex.matcher(variable).find()).orElse(!adapter.isOn());
    return chosen && !freezes(variable);
  }

  /** Whether a variable must not train. */
  public boolean freezes(String variable) {
    return freeze.map(regex -> regex.matcher(variable).find()).orElse(false);
  }

  /** The same model without adapters. */
  public ModelConfig withoutAdapter() {
    return new ModelConfig(
        path,
        files,
        signature,
        inputs,
        output,
        head,
        features,
        labels,
        problem,
        trainable,
        freeze,
        dropout,
        modelLosses,
        AdapterConfig.none(),
        trust,
        embedding,
        loss,
        gradientCheckpointing);
  }

  /** The weights at the path. */
  public WeightsConfig weights() {
    return new WeightsConfig(
        path,
        files.format(),
        files.configuration(),
        files.tags(),
        trust.allowedOps(),
        files.revision());
  }

  /** That model; everything else has the command line's defaults. */
  public static ModelConfig of(Path path) {
    return ConfigBinder.read(ModelConfig.class, Map.of("model", List.of(path.toString())));
  }
}
