package dev.belay.train.task;

import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.SummaryToken;
import dev.belay.train.data.example.TargetRule;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.Metrics;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A task that a model learns. Each is one class, which defines all of it: the columns and labels
 * that it reads, its head, its loss, its metrics (the first decides which model is better), its
 * predictions, and the labels of a dummy batch.
 *
 * <p>A new task is a new class here, its name in a {@code permits} clause and, if {@code --head}
 * names it, one line in {@link #heads}.
 */
public sealed interface Task
    permits PooledTask, TokenTask, LanguageTask, SentenceEmbedding, OutputLossTask {

  /** The tasks that {@code --head} names, before the model is known. */
  static List<Task> heads() {
    OptionalInt unknown = OptionalInt.empty();
    return List.of(
        new SequenceClassification(unknown),
        new Regression(),
        new TokenClassification(unknown),
        new QuestionAnswering(),
        new MaskedLm(unknown),
        new CausalLm(unknown),
        new Seq2Seq(unknown),
        new SentenceEmbedding());
  }

  /** The task of a new head; empty: the model's own head is trained. */
  static Optional<Task> asked(ModelConfig config) {
    return config
        .newHead()
        .map(
            name ->
                heads().stream()
                    .filter(task -> task.option().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () -> new ConfigException("--head", options(heads(), " or "), name)));
  }

  /** Names of tasks, as {@code --head} has them. */
  static String options(List<Task> tasks, String delimiter) {
    return tasks.stream().map(Task::option).collect(Collectors.joining(delimiter));
  }

  /** Its name in {@code --head}, such as {@code token-classification}. */
  String option();

  /** Length of the logits' last dimension, C, if it is known before the data are read. */
  OptionalInt outputs();

  // Its head in a family of models.

  /** Whether Belay has a head for it on that family. */
  boolean fits(Family family);

  /** Whether weights of the family are taken to be for it where nothing else is found. */
  default boolean isUsual(Family family) {
    return false;
  }

  /** Ends of the names of Hugging Face's classes that have its head. */
  List<String> classes();

  /** That of the class that is written for a family. */
  default String writtenClass(Family family) {
    return classes().get(0);
  }

  /** The layer that makes its logits; empty if they are over the vocabulary. */
  Optional<String> projection(Family family);

  /** Whether weights that come with no class name show that they are for it. */
  default boolean isIn(HeadFiles files) {
    return false;
  }

  /**
   * The same task with all that the model's files and the options say of it.
   *
   * @throws ModelException if the files do not hold a whole head and no new one is requested
   * @throws ConfigException if an option is not for it
   */
  Task with(HeadFiles files);

  /** Names of the outputs that the files give. */
  default Optional<LabelMap> names(HeadFiles files) {
    return Optional.empty();
  }

  /** The names of its head's layers, or of weights outside layers. */
  List<String> layers(HeadFiles files);

  /** The part of the model's body that its head reads. */
  HeadInput input(ModelConfiguration configuration);

  /** Whether its loss or its predictions depend on features of padding. */
  default boolean readsPadding() {
    return false;
  }

  /** The layers of its head; empty where the body ends in them. */
  Optional<Head> head(HeadLayers layers);

  /** Its head for people, such as {@code head classification (classifier)}. */
  default String description(Family family) {
    return "head " + option() + projection(family).map(name -> " (" + name + ")").orElse("");
  }

  /** Rules for texts that it learns to write about others, if it does. */
  default Optional<TargetRule> targets(ModelConfiguration configuration) {
    return Optional.empty();
  }

  /** The id that generated texts start with, if it reads one text and generates another. */
  default OptionalInt decoderStart(ModelConfiguration configuration) {
    return OptionalInt.empty();
  }

  /** The token at whose last place in a text its head reads the features, if it reads one. */
  default Optional<SummaryToken> summaryToken(ModelConfiguration configuration) {
    return Optional.empty();
  }

  /** Whether a model does not read more tokens than it was trained with. */
  default boolean keepsTrainedLength() {
    return false;
  }

  /**
   * The {@code problem_type} of a model's files, in Hugging Face's words.
   *
   * @param before their value; without one, only several labels must be recorded
   */
  default Optional<String> problemType(Optional<String> before) {
    return Optional.empty();
  }

  /**
   * The most tokens of a text that its files name, in place of the default of {@code
   * --max-seq-length}.
   */
  default OptionalInt usualLength() {
    return OptionalInt.empty();
  }

  /** Whether the examples of a batch are compared with each other. */
  default boolean ranksBatches() {
    return false;
  }

  /** Whether the model gives one loss for a batch, which its parts do not add up to. */
  default boolean reducesBatches() {
    return false;
  }

  /** Name of its output in the signature of a SavedModel. */
  default String servedOutput() {
    return TensorNames.LOGITS;
  }

  /**
   * Files beside config.json without which Python's libraries do not know the task, by name.
   *
   * @param longest the most tokens of a text
   */
  default Map<String, byte[]> files(OptionalInt longest) throws IOException {
    return Map.of();
  }

  // Its head on a SavedModel's graph.

  /** Whether Belay puts a head for it on a SavedModel. */
  default boolean fitsSavedModel() {
    return false;
  }

  /**
   * The same task with all that is known of a new head on a SavedModel.
   *
   * @param said {@code problem_type} in a file beside it
   * @throws ModelException if Belay puts no such head there
   * @throws ConfigException if an option is not for it
   */
  default Task onSavedModel(ModelConfig config, Optional<String> said) {
    ProblemTypes.refuse(config, this);
    List<Task> known = heads().stream().filter(Task::fitsSavedModel).toList();
    throw new ModelException(
        "--head "
            + option()
            + ": on a SavedModel Belay puts heads for "
            + options(known.subList(0, known.size() - 1), ", ")
            + " and "
            + known.get(known.size() - 1).option()
            + "; it builds this one for weights alone, such as a Hugging Face folder or a"
            + " checkpoint");
  }

  /** That head; empty if Belay puts none there. */
  default Optional<Head> savedModelHead(int outputs, double dropout, long seed) {
    return Optional.empty();
  }

  /**
   * Loss of the model.
   *
   * @param probabilities whether the model's output is not logits but their softmax
   */
  Loss loss(boolean probabilities);

  // Its labels and data.

  /**
   * The labels that the data must have.
   *
   * @param names of the classes, if they are known
   */
  LabelRule labels(Optional<LabelMap> names);

  /** Rule for data to predict for, which need no labels. */
  default LabelRule unlabelled(Optional<LabelMap> names) {
    return LabelRule.none();
  }

  /** Names in a config.json are those of the outputs if their number is equal. */
  default Optional<LabelMap> ofOutputs(Optional<LabelMap> names) {
    return names.filter(map -> !map.isConfigured() || outputs().equals(OptionalInt.of(map.size())));
  }

  /** Outputs of its head: as many as the head has or, for a new one, as the data show. */
  default int outputs(Dataset data) {
    return outputs().orElseGet(() -> data.labels().map(LabelMap::size).orElse(1));
  }

  /** Whether tokens are hidden from the model, which predicts them. */
  default boolean hidesWords() {
    return false;
  }

  /**
   * Labels of a dummy batch.
   *
   * @param tokens of each example
   */
  BatchColumn madeUpLabels(int examples, int tokens);

  /**
   * New metrics for a model's predictions on a data set, before the first batch.
   *
   * @param outputs C
   * @param labels names of the classes, if there are classes
   * @param questions options of the search for answers
   */
  Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions);

  /**
   * Predicts for files, one prediction for each of their lines or questions, in their order.
   *
   * @return the number of examples
   */
  int predict(PredictionRun run, Consumer<Prediction> sink) throws IOException;
}
