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
 * Which model, and how to call it.
 *
 * @param path a SavedModel directory, a Hugging Face folder, a file of weights, the prefix of a
 *     checkpoint, or a run directory of Belay
 * @param files what the path holds, where that is not found out
 * @param signature the signature or function to train through; empty: the training=True trace if
 *     there is one, else serving_default
 * @param inputs feature name to input name of the model, where names are not the usual ones
 * @param output the output that holds the logits; empty: found by name
 * @param head task of a new head, as {@code --head} names it, or {@value #OWN_HEAD}
 * @param features the output or inner tensor that a new head reads
 * @param labels number of classes of a new classification head; empty: as many as the data has
 * @param problem whether the classes of an example exclude each other, in the words of Hugging
 *     Face's {@code problem_type}; empty: as the model's files say, else they do
 * @param trainable only variables whose name matches train; empty: those the model marks trainable
 * @param freeze variables whose name matches do not train
 * @param dropout whether dropout is active while training
 * @param modelLosses whether the losses that a SavedModel's layers add belong to the loss, as in
 *     Keras
 * @param trust what the user accepts of a foreign model
 */
public record ModelConfig(
    Path path,
    Files files,
    Optional<String> signature,
    Map<String, String> inputs,
    Optional<String> output,
    String head,
    Optional<String> features,
    Optional<Integer> labels,
    Optional<String> problem,
    Optional<Pattern> trainable,
    Optional<Pattern> freeze,
    boolean dropout,
    boolean modelLosses,
    Trust trust) {

  public static final boolean DEFAULT_DROPOUT = true;
  public static final boolean DEFAULT_MODEL_LOSSES = true;

  /** No new head: the model's own is trained. */
  public static final String OWN_HEAD = "none";

  private static final List<String> PROBLEMS =
      List.of("single_label_classification", "multi_label_classification");

  /**
   * What the files of a model are.
   *
   * @param format empty: found out
   * @param configuration config.json or bert_config.json; empty: beside the weights
   * @param restoreOptimizer whether a training goes on with the slots and the step that the files
   *     have of an earlier one
   * @param ignoredWeights names of weights that are left out; empty: none
   * @param fromScratch whether only the configuration is read, and all weights begin at random
   * @param tags of the graph to take of a SavedModel that holds several; empty: the one for serving
   */
  public record Files(
      Optional<WeightFormat> format,
      Optional<Path> configuration,
      boolean restoreOptimizer,
      Optional<Pattern> ignoredWeights,
      boolean fromScratch,
      Optional<String> tags) {
    public static final Files FOUND_OUT =
        new Files(
            Optional.empty(), Optional.empty(), true, Optional.empty(), false, Optional.empty());
  }

  /**
   * What the user accepts of a foreign model.
   *
   * @param allowedOps op types beyond the policy's list
   * @param naturalGradients whether a custom gradient that the file does not hold may be replaced
   *     by the natural one
   * @param withoutGradient trainable variables that may stay without a gradient
   * @param ignoredConstraints variables that train without the constraint of their Keras layer;
   *     empty: none
   * @param untried whether the model may come into this process's native code without having been
   *     tried in another one
   */
  public record Trust(
      Set<String> allowedOps,
      boolean naturalGradients,
      List<Pattern> withoutGradient,
      Optional<Pattern> ignoredConstraints,
      boolean untried) {
    public static final Trust NOTHING =
        new Trust(Set.of(), false, List.of(), Optional.empty(), false);

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
  }

  /** The task of a new head; empty: the model's own head is trained. */
  public Optional<String> newHead() {
    return Optional.of(head).filter(task -> !task.equals(OWN_HEAD));
  }

  /** Whether a variable trains, as far as names decide it. */
  public boolean trains(String variable) {
    boolean chosen = trainable.map(regex -> regex.matcher(variable).find()).orElse(true);
    return chosen && !freeze.map(regex -> regex.matcher(variable).find()).orElse(false);
  }

  /** That model, and otherwise what the command line takes without options. */
  public static ModelConfig of(Path path) {
    return new ModelConfig(
        path,
        Files.FOUND_OUT,
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        OWN_HEAD,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        DEFAULT_DROPOUT,
        DEFAULT_MODEL_LOSSES,
        Trust.NOTHING);
  }
}
