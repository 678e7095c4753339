package dev.belay.train;

import dev.belay.train.config.DataConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.model.Task;
import dev.belay.train.model.TrainableModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The data of a training run, read for one model.
 *
 * @param task what the model learns
 * @param validation empty where none is given
 */
record RunDatasets(Task task, Dataset train, Optional<Dataset> validation) {
  /** Rows are padded to a multiple of this, so that TensorFlow sees few shapes. */
  static final int PAD_TO_MULTIPLE = 8;

  static RunDatasets read(DataConfig config, RunData data, TrainableModel model, Task task) {
    Dataset train = data.read(config.trainFiles(), task.labelRule(model.labels()));
    if (config.validationFiles().isEmpty()) {
      return new RunDatasets(task, train, Optional.empty());
    }
    LabelRule rule = task.labelRule(train.labels());
    return new RunDatasets(task, train, Optional.of(data.read(config.validationFiles(), rule)));
  }

  /** Classes, as the head has them or, for a new one, as the data show them. */
  int outputs() {
    return task.outputs().orElseGet(() -> train.labels().map(LabelMap::size).orElse(1));
  }

  /** The batches to train on. */
  BatchSource batches(TrainConfig config) {
    return new BatchSource(
        train,
        new BatchOptions(
            config.data().trainBatchSize(),
            config.data().shuffle(),
            config.data().groupByLength(),
            config.machine().seed(),
            PAD_TO_MULTIPLE));
  }

  /** Asks the model about the validation data. */
  Optional<Evaluator> evaluator(TrainConfig config) {
    BatchOptions options = BatchOptions.inOrder(config.data().evalBatchSize(), PAD_TO_MULTIPLE);
    return validation.map(
        dataset ->
            new Evaluator(
                new BatchSource(dataset, options),
                () -> task.newMetrics(outputs(), train.labels())));
  }

  /** What the user should know about both. */
  List<String> notes() {
    List<String> notes = new ArrayList<>(train.notes());
    validation.ifPresent(dataset -> notes.addAll(dataset.notes()));
    return notes;
  }
}
