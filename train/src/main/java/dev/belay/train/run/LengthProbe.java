package dev.belay.train.run;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.ModelTrial;
import dev.belay.train.session.TrainingSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.exceptions.TFInvalidArgumentException;

/**
 * Runs an imported model once on the longest example, before anything is written. A graph that
 * accepts fewer tokens would otherwise fail in the middle of the run.
 *
 * @param training the session
 * @param datasets training and validation data
 */
public record LengthProbe(TrainingSession.Training training, TrainingData datasets) {

  /** Whether the maximum length of a model is unknown without running it. */
  public static boolean isNeeded(TrainableModel model) throws IOException {
    return model.savedModel().isPresent() && model.maxSeqLength().isEmpty();
  }

  /**
   * Runs the longest example. If it fails, finds the longest part of it that works by binary
   * search.
   *
   * @throws ModelException if the model fails on long examples only
   */
  public void require() {
    EncodedExample longest =
        Stream.concat(
                datasets.train().examples().stream(),
                datasets.validation().stream().flatMap(data -> data.examples().stream()))
            .flatMap(EncodedExample::allTexts)
            // An example of several texts counts as long as the longest, which is one of the others.
            .max(
                Comparator.comparingInt(EncodedExample::length)
                    .thenComparing(example -> example.others().isEmpty()))
            .orElseThrow();
    if (longest.length() <= ModelTrial.LENGTH || hasFixedShapes()) {
      return;
    }
    Optional<TFInvalidArgumentException> failure = failure(longest, longest.length());
    if (failure.isEmpty() || failure(longest, ModelTrial.LENGTH).isPresent()) {
      return; // an error at all lengths is reported by the run itself
    }
    int works = ModelTrial.LENGTH;
    int fails = longest.length();
    while (fails - works > 1) {
      int middle = (works + fails) >>> 1;
      if (failure(longest, middle).isPresent()) {
        fails = middle;
      } else {
        works = middle;
      }
    }
    throw tooLong(longest, works, failure.get());
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

  private Optional<TFInvalidArgumentException> failure(EncodedExample example, int length) {
    ExampleOptions unlabelled = datasets.train().options().withLabels(LabelRule.none());
    Dataset alone =
        new Dataset(unlabelled, List.of(cut(example, length)), Optional.empty(), List.of());
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

  /** The first tokens of an example, without a label. */
  private EncodedExample cut(EncodedExample example, int length) {
    List<FeatureRequest> requests = datasets.train().options().features();
    List<FeatureRow> rows = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      FeatureRow row = example.features().get(i);
      boolean perToken = row.length() == example.length();
      rows.add(perToken ? cut(row, requests.get(i), length) : row);
    }
    return new EncodedExample(
        example.source(), rows, Optional.empty(), length, Math.min(example.tokens(), length));
  }

  /** Repeats the first token id: an id outside the vocabulary is not an error of the length. */
  private static FeatureRow cut(FeatureRow row, FeatureRequest request, int length) {
    if (row instanceof FeatureRow.Ints ints) {
      int[] values = Arrays.copyOf(ints.values(), length);
      if (FeatureNames.holdsTokenIds(request.feature())) {
        Arrays.fill(values, values[0]);
      }
      return new FeatureRow.Ints(values);
    }
    return row instanceof FeatureRow.Floats floats
        ? new FeatureRow.Floats(Arrays.copyOf(floats.values(), length))
        : row;
  }

  private static ModelException tooLong(
      EncodedExample longest, int works, TFInvalidArgumentException failure) {
    String reason = failure.getMessage().lines().findFirst().orElse("no reason given");
    return new ModelException(
        longest.source()
            + ": the model fails on the "
            + longest.length()
            + " tokens of this example, the longest one, and accepts at most "
            + works
            + " tokens; set --max-seq-length "
            + works
            + " to cut longer texts. TensorFlow: "
            + reason);
  }
}
