package dev.belay.train.config;

import dev.belay.train.failure.NearestName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Builds a {@link TrainConfig}. Options that are not set have their defaults. {@link #option} sets
 * any option of {@code belay train}; the other methods set those that most programs need.
 */
public final class TrainConfigBuilder {
  private static final List<OptionDefinition> OPTIONS = OptionDefinition.of(TrainConfig.class);

  private final Map<String, List<String>> given = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  TrainConfigBuilder(Map<String, List<String>> given) {
    this.given.putAll(given);
  }

  /** A SavedModel, a Hugging Face folder, a file of weights or a run directory. */
  public TrainConfigBuilder model(Path path) {
    return option("model", path);
  }

  /** Files to train on. */
  public TrainConfigBuilder trainFiles(Path... files) {
    return option("train-file", Arrays.asList(files));
  }

  /** Files to evaluate on. */
  public TrainConfigBuilder validationFiles(Path... files) {
    return option("validation-file", Arrays.asList(files));
  }

  /** The run directory. */
  public TrainConfigBuilder outputDirectory(Path directory) {
    return option("output-dir", directory);
  }

  /** Task of a new head on the model, such as {@code token-classification}. */
  public TrainConfigBuilder head(String head) {
    return option("head", head);
  }

  /** Maximum number of tokens of an example; longer texts are cut. */
  public TrainConfigBuilder maxSeqLength(int tokens) {
    return option("max-seq-length", tokens);
  }

  /** Examples of one batch. */
  public TrainConfigBuilder trainBatchSize(int examples) {
    return option("train-batch-size", examples);
  }

  /** Batches whose gradients are added up for one update. */
  public TrainConfigBuilder gradientAccumulationSteps(int batches) {
    return option("gradient-accumulation-steps", batches);
  }

  /** The update rule. */
  public TrainConfigBuilder optimizer(OptimizerConfig.Kind kind) {
    return option("optimizer", kind);
  }

  /** The peak of the schedule. */
  public TrainConfigBuilder learningRate(double rate) {
    return option("learning-rate", rate);
  }

  /** Decoupled weight decay. */
  public TrainConfigBuilder weightDecay(double rate) {
    return option("weight-decay", rate);
  }

  /** Threshold of the gradients' global norm. */
  public TrainConfigBuilder maxGradNorm(double norm) {
    return option("max-grad-norm", norm);
  }

  /** Passes over the training data. */
  public TrainConfigBuilder numTrainEpochs(double epochs) {
    return option("num-train-epochs", epochs);
  }

  /** Number of updates, instead of a number of epochs. */
  public TrainConfigBuilder maxSteps(int steps) {
    return option("max-steps", steps);
  }

  /** Share of the steps in which the learning rate rises to its peak. */
  public TrainConfigBuilder warmupRatio(double ratio) {
    return option("warmup-ratio", ratio);
  }

  /** Steps between two checkpoints. */
  public TrainConfigBuilder saveSteps(int steps) {
    return option("save-steps", steps);
  }

  /** Seed of data order, dropout and new heads. */
  public TrainConfigBuilder seed(long seed) {
    return option("seed", seed);
  }

  /**
   * Sets any option.
   *
   * @param name as on the command line, with hyphens or underscores, or one of Hugging Face's
   *     arguments that {@code belay train} takes
   * @param value as on the command line; a collection for several values
   */
  public TrainConfigBuilder option(String name, Object value) {
    String plain = name.replaceFirst("^--", "").replace('_', '-').toLowerCase(Locale.ROOT);
    Optional<OptionDefinition> own =
        OPTIONS.stream().filter(option -> option.isNamed(plain)).findFirst();
    if (own.isPresent()) {
      given.put(own.get().name(), ConfigBinder.texts(value));
      return this;
    }
    HuggingFaceArgument.find(plain)
        .ifPresentOrElse(
            argument -> apply(argument, name, value.toString()),
            () -> problems.add(name + ": unknown option" + suggestion(plain)));
    return this;
  }

  private void apply(HuggingFaceArgument argument, String name, String value) {
    HuggingFaceArgument.Meaning meaning = argument.of(value);
    if (meaning.isRefused()) {
      problems.add(argument.problem(name, value));
    } else if (!meaning.option().isEmpty()) {
      option(meaning.option(), meaning.argument().isEmpty() ? "true" : meaning.argument());
    }
  }

  private static String suggestion(String name) {
    String nearest =
        NearestName.suggestion(name, OPTIONS.stream().map(OptionDefinition::name).toList());
    return nearest.isEmpty() ? "; `belay train --help` lists all" : nearest;
  }

  /**
   * The config.
   *
   * @throws ConfigException which names every invalid option
   */
  public TrainConfig build() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return ConfigBinder.read(TrainConfig.class, given, OPTIONS);
  }
}
