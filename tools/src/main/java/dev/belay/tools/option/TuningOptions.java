package dev.belay.tools.option;

import dev.belay.train.config.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What of the model trains, and how; {@link ModelOptions} makes the config of both. */
@Section("What trains")
public final class TuningOptions {
  @Option(
      names = "--head",
      paramLabel = "HEAD",
      converter = HeadName.class,
      completionCandidates = HeadName.class,
      description =
          "A new head on the model: none, classification, regression or token-classification, which"
              + " on a SavedModel needs --features; on weights alone question-answering and"
              + " masked-lm too. GPT-2 has causal-lm in place of masked-lm, T5 seq2seq alone.")
  private String head = ModelConfig.OWN_HEAD;

  @Option(
      names = "--from-scratch",
      description =
          "Build the model that config.json describes and begin with random weights: --model names"
              + " that file or its folder, and weights beside it are not read.")
  private boolean fromScratch;

  @Option(
      names = "--features",
      paramLabel = "NAME",
      description = "The output or inner tensor of a SavedModel that a new head reads.")
  private Optional<String> features = Optional.empty();

  @Option(
      names = "--num-labels",
      paramLabel = "N",
      description = "Classes of a new classification head (default: as many as the data has).")
  private Optional<Integer> labels = Optional.empty();

  @Option(
      names = "--trainable",
      paramLabel = "REGEX",
      description = "Only variables that match train (default: those the model marks trainable).")
  private Optional<Pattern> trainable = Optional.empty();

  @Option(
      names = "--freeze",
      paramLabel = "REGEX",
      description = "Variables that match do not train.")
  private Optional<Pattern> freeze = Optional.empty();

  @Option(
      names = "--dropout",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description = "Whether dropout is active while training.")
  private boolean dropout = ModelConfig.DEFAULT_DROPOUT;

  @Option(
      names = "--accept-custom-gradient",
      description =
          "Where the model has a custom gradient that its file does not hold, take the natural one"
              + " instead of refusing the model.")
  private boolean naturalGradients;

  @Option(
      names = "--allow-no-gradient",
      paramLabel = "REGEX",
      description = "Trainable variables that match may stay without a gradient; repeatable.")
  private List<Pattern> withoutGradient = new ArrayList<>();

  @Option(
      names = "--ignore-constraints",
      paramLabel = "REGEX",
      description =
          "Train variables that match without the constraint (kernel_constraint and the like) that"
              + " their Keras layer puts on them.")
  private Optional<Pattern> ignoredConstraints = Optional.empty();

  @Option(
      names = "--restore-optimizer",
      paramLabel = "auto|no",
      description =
          "auto: go on with the optimizer's slots and step that a checkpoint has of an earlier"
              + " training; no: begin anew.")
  private RestoreOptimizer restoreOptimizer = RestoreOptimizer.AUTO;

  /** Whether slots are restored. */
  enum RestoreOptimizer {
    /** Where the files have them and the optimizer has a place for them. */
    AUTO,
    NO
  }

  boolean restoresOptimizer() {
    return restoreOptimizer == RestoreOptimizer.AUTO;
  }

  boolean fromScratch() {
    return fromScratch;
  }

  String head() {
    return head;
  }

  Optional<String> features() {
    return features;
  }

  Optional<Integer> labels() {
    return labels;
  }

  Optional<Pattern> trainable() {
    return trainable;
  }

  Optional<Pattern> freeze() {
    return freeze;
  }

  boolean dropout() {
    return dropout;
  }

  boolean naturalGradients() {
    return naturalGradients;
  }

  List<Pattern> withoutGradient() {
    return withoutGradient;
  }

  Optional<Pattern> ignoredConstraints() {
    return ignoredConstraints;
  }
}
