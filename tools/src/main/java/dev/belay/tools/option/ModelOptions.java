package dev.belay.tools.option;

import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and how to call it. */
@Section("Model")
public final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "PATH",
      description =
          "A SavedModel, a Hugging Face folder, a .safetensors or .h5 file, the prefix of a TF1 or"
              + " TF2 checkpoint, or a run directory of Belay.")
  private Path path;

  @Mixin private WeightFormatOptions form;

  @Option(
      names = "--ignore-weights",
      paramLabel = "REGEX",
      description =
          "Leave out weights whose name matches; without it, weights are refused that are named as"
              + " parts of the model and that Belay's graph of it has no place for.")
  private Optional<Pattern> ignoredWeights = Optional.empty();

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description =
          "Signature or function to call (default: for training the training=True function if there"
              + " is one, else serving_default).")
  private Optional<String> signature = Optional.empty();

  @Option(
      names = "--inputs",
      paramLabel = "feature=NAME",
      split = ",",
      description =
          "Inputs of the model for input_ids, attention_mask and token_type_ids, where their names"
              + " are not the usual ones.")
  private Map<String, String> inputs = new LinkedHashMap<>();

  @Option(
      names = "--output",
      paramLabel = "NAME",
      description = "The output that holds the logits (default: found by name).")
  private Optional<String> output = Optional.empty();

  @Option(
      names = "--problem-type",
      paramLabel = "TYPE",
      description =
          "What a class is to an example: single_label_classification, one of all, or"
              + " multi_label_classification, any number of them, each with its own sigmoid; in the"
              + " data a|b, or a list (default: as the model's config.json says, else single).")
  private Optional<String> problem = Optional.empty();

  @Option(
      names = "--model-losses",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description =
          "Whether the losses that a SavedModel's layers add (regularizers, add_loss) belong to the"
              + " loss, as in Keras.")
  private boolean modelLosses = ModelConfig.DEFAULT_MODEL_LOSSES;

  @Option(
      names = "--allow-op",
      paramLabel = "OP",
      description = "Accept this op in a foreign graph although the policy refuses it; repeatable.")
  private Set<String> allowedOps = new LinkedHashSet<>();

  @Option(
      names = "--trust-model",
      description =
          "Do not try the model in a process of its own first: a graph that kills native code then"
              + " kills this command.")
  private boolean trusted;

  /** Fills in a path that was given without {@code --model}. */
  public void orElse(Path positional) {
    if (path == null) {
      path = positional;
    }
  }

  /** The path, or null. */
  public Path path() {
    return path;
  }

  /** The weights that the path means. */
  public WeightsConfig toWeights() {
    return form.toConfig(path, allowedOps);
  }

  /** Complains if no model is named. */
  public void requirePath(Problems problems) {
    problems.require(
        path != null, "--model", "name a SavedModel, weights, a checkpoint or a run directory");
  }

  /** A model to call, not to train. */
  public ModelConfig toConfig() {
    return toConfig(new TuningOptions());
  }

  /** A model to train. */
  public ModelConfig toConfig(TuningOptions tuning) {
    return new ModelConfig(
        path,
        form.toFiles(tuning, ignoredWeights),
        signature,
        inputs,
        output,
        tuning.head(),
        tuning.features(),
        tuning.labels(),
        problem,
        tuning.trainable(),
        tuning.freeze(),
        tuning.dropout(),
        modelLosses,
        new ModelConfig.Trust(
            allowedOps,
            tuning.naturalGradients(),
            List.copyOf(tuning.withoutGradient()),
            tuning.ignoredConstraints(),
            trusted));
  }
}
