package dev.belay.train.dataset;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.LossConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.DatasetSummary;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.language.Masking;
import dev.belay.train.data.language.PackedRows;
import dev.belay.train.failure.NearestName;
import dev.belay.train.loop.Evaluator;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The data of a training run, read for one model.
 *
 * @param task task of the model
 * @param validation empty where none is given
 * @param masking rule for hiding tokens by a seed, for a model that predicts them
 */
public record TrainingData(
    Task task,
    Dataset train,
    Optional<Dataset> validation,
    Optional<LongFunction<Masking>> masking) {
  /** Rows are padded to a multiple of this, so that TensorFlow sees few shapes. */
  public static final int PAD_TO_MULTIPLE = 8;

  public static TrainingData read(
      DataConfig config, DatasetLoader data, TrainableModel model, Task task) {
    Dataset read = data.read(config.trainFiles(), task.labels(model.labels()));
    Dataset train = config.language().packing() ? PackedRows.of(read) : read;
    new DatasetSummary(train, Optional.empty()).requireSeveralClasses(config.trainFiles());
    if (config.validationFiles().isEmpty()) {
      return new TrainingData(task, train, Optional.empty(), masking(task, data, List.of(train)));
    }
    LabelRule rule = task.labels(train.labels());
    Dataset validation = data.read(config.validationFiles(), rule);
    return new TrainingData(
        task, train, Optional.of(validation), masking(task, data, List.of(train, validation)));
  }

  /** Examples that all have labels have their words hidden already, and need no tokenizer. */
  public static Optional<LongFunction<Masking>> masking(
      Task task, DatasetLoader data, List<Dataset> datasets) {
    boolean labelled =
        datasets.stream()
            .flatMap(dataset -> dataset.examples().stream())
            .allMatch(example -> example.label().isPresent());
    if (!task.hidesWords() || labelled) {
      return Optional.empty();
    }
    data.masking(0); // complains now of a tokenizer that hides nothing
    return Optional.of(data::masking);
  }

  /**
   * The batches to evaluate on: of a model that finds hidden words the same ones every time and in
   * every run, whatever its seed, so that perplexities may be compared.
   */
  public static BatchSource inOrder(
      Dataset dataset, int batchSize, Optional<LongFunction<Masking>> masking) {
    return new BatchSource(
        dataset,
        BatchOptions.inOrder(batchSize, PAD_TO_MULTIPLE),
        masking.map(of -> of.apply(MachineConfig.defaults().seed())));
  }

  /** Classes, as the head has them or, for a new one, as the data show them. */
  public int outputs() {
    return task.outputs(train);
  }

  /** The batches to train on. */
  public BatchSource batches(TrainConfig config) {
    return new BatchSource(
        train,
        new BatchOptions(
            config.data().trainBatchSize(),
            config.data().maxTokensPerBatch(),
            config.data().shuffle(),
            config.data().groupByLength(),
            config.machine().seed(),
            PAD_TO_MULTIPLE),
        masking.map(of -> of.apply(config.machine().seed())));
  }

  /** Asks the model about the validation data. */
  public Optional<Evaluator> evaluator(TrainConfig config) {
    int batchSize = config.data().evalBatchSize();
    return validation.map(
        dataset ->
            new Evaluator(inOrder(dataset, batchSize, masking), () -> newMetrics(dataset, config)));
  }

  private Metrics newMetrics(Dataset dataset, TrainConfig config) {
    return task.newMetrics(dataset, outputs(), train.labels(), config.data().question());
  }

  /**
   * The metric that decides which of two models is better.
   *
   * @throws ConfigException if the configured one is not a metric of the task
   */
  public String decidingMetric(TrainConfig config) {
    Metrics metrics = newMetrics(validation.orElse(train), config);
    List<String> names = new ArrayList<>(List.of(Metrics.LOSS));
    names.addAll(metrics.result().keySet());
    String name = config.loop().metricForBestModel().orElse(metrics.primary());
    if (!names.contains(name)) {
      throw new ConfigException(
          "--metric-for-best-model",
          "a metric of this task: " + String.join(", ", names),
          name + NearestName.suggestion(name, names));
    }
    return name;
  }

  /**
   * Requires that an update sees its examples together, where its loss compares them.
   *
   * @throws ConfigException if options divide them, or there is nothing to compare
   */
  public void requireWholeBatches(TrainConfig config) {
    if (task.reducesBatches()) {
      requireUndivided(config);
    }
    boolean cached = config.update().miniBatchSize().isPresent();
    if (!task.ranksBatches()) {
      if (cached) {
        throw withoutRanks("--head " + task.option());
      }
      return;
    }
    int batch = Math.min(config.data().trainBatchSize(), train.size());
    boolean ranked = !train.examples().get(0).hasScore();
    boolean alone = ranked && train.examples().get(0).texts() == 2 && batch == 1;
    if (cached && !ranked) {
      throw withoutRanks("pairs with scores");
    }
    List<String> problems = new ArrayList<>();
    if (config.machine().replicaDevices().size() > 1 || config.cluster().isUsed()) {
      problems.add(
          "several devices or workers would each compare a share of the texts of a batch: expected"
              + " one for --head "
              + task.option());
    }
    if (ranked && config.update().gradientAccumulationSteps() > 1) {
      problems.add(
          "--gradient-accumulation-steps would rank each text within a part of the batch, which is"
              + " another loss: expected 1 for pairs without scores, with a larger"
              + " --train-batch-size and, to save memory, --mini-batch-size");
    }
    if (alone) {
      problems.add(
          "--train-batch-size: a pair is ranked among the others of its batch, expected at least 2"
              + " pairs, found 1; or give each a column 'negative'");
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static ConfigException withoutRanks(String found) {
    return new ConfigException(
        "--mini-batch-size",
        "pairs of texts without scores, whose loss compares all texts of a batch",
        found
            + ": its loss is a sum over examples; use a smaller --train-batch-size with"
            + " --gradient-accumulation-steps");
  }

  private static void requireUndivided(TrainConfig config) {
    boolean divided =
        config.machine().replicaDevices().size() > 1
            || config.cluster().isUsed()
            || config.update().gradientAccumulationSteps() > 1;
    if (divided) {
      throw new ConfigException(
          List.of(
              "--gradient-accumulation-steps, several devices and workers divide a batch, and "
                  + LossConfig.OPTION
                  + " "
                  + config.model().loss().output().orElseThrow()
                  + " is one number for a whole batch, so that its parts may not add up to it:"
                  + " expected 1 step, device and worker, or a loss with a value for each"
                  + " example"));
    }
  }

  /** Notes about both, for people. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>(train.notes());
    validation.ifPresent(dataset -> notes.addAll(dataset.notes()));
    notes.addAll(new DatasetSummary(train, validation).notes());
    return notes;
  }
}
