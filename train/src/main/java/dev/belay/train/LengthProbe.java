package dev.belay.train;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.TrainableModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tensorflow.exceptions.TFInvalidArgumentException;

/**
 * Runs an imported model once on the longest example, before anything is written. A graph that
 * accepts fewer tokens would otherwise fail in the middle of the run.
 *
 * @param training the session
 * @param datasets training and validation data
 */
record LengthProbe(TrainingSession.Training training, TrainingData datasets) {

  /** Whether the maximum length of a model is unknown without running it. */
  static boolean isNeeded(TrainableModel model) throws IOException {
    return model.savedModel().isPresent() && model.maxSeqLength().isEmpty();
  }

  /**
   * Runs the longest example. If it fails and the shortest one does not, finds the longest example
   * that works by binary search.
   *
   * @throws ModelException if the model fails on long examples only
   */
  void require() {
    List<EncodedExample> examples = new ArrayList<>(datasets.train().examples());
    datasets.validation().ifPresent(validation -> examples.addAll(validation.examples()));
    examples.sort(Comparator.comparingInt(EncodedExample::length));
    int fails = examples.size() - 1;
    if (examples.get(fails).length() <= ModelTrial.LENGTH || hasFixedShapes()) {
      return;
    }
    Optional<TFInvalidArgumentException> failure = failure(examples.get(fails));
    if (failure.isEmpty() || failure(examples.get(0)).isPresent()) {
      return; // an error at all lengths is reported by the run itself
    }
    int works = 0;
    while (fails - works > 1) {
      int middle = (works + fails) >>> 1;
      Optional<TFInvalidArgumentException> found = failure(examples.get(middle));
      failure = found.isPresent() ? found : failure;
      works = found.isPresent() ? works : middle;
      fails = found.isPresent() ? middle : fails;
    }
    throw tooLong(examples.get(works), examples.get(fails), failure.orElseThrow());
  }

  /** Whether the graph has a fixed length, or a fixed batch size above one example. */
  private boolean hasFixedShapes() {
    return training.evaluation().inputs().values().stream()
            .anyMatch(input -> input.shape().numDimensions() > 0 && input.shape().get(0) > 1)
        || datasets.train().options().features().stream()
            .anyMatch(
                request ->
                    FeatureNames.isPerToken(request.feature())
                        && request.staticLength().isPresent());
  }

  private Optional<TFInvalidArgumentException> failure(EncodedExample example) {
    Dataset train = datasets.train();
    Dataset alone = new Dataset(train.options(), List.of(example), train.labels(), List.of());
    Batch batch =
        new BatchSource(alone, BatchOptions.inOrder(1, TrainingData.PAD_TO_MULTIPLE))
            .epoch(0)
            .next();
    try {
      training.runner().tryForward(batch);
      return Optional.empty();
    } catch (TFInvalidArgumentException e) {
      return Optional.of(e);
    }
  }

  private static ModelException tooLong(
      EncodedExample works, EncodedExample fails, TFInvalidArgumentException failure) {
    String reason = failure.getMessage().lines().findFirst().orElse("no reason given");
    return new ModelException(
        fails.source()
            + ": the model fails on an example of "
            + fails.length()
            + " tokens; "
            + works.length()
            + " tokens work: "
            + reason
            + "; set --max-seq-length to the length that the model was built for, such as "
            + works.length()
            + ": longer texts are cut");
  }
}
