package dev.belay.train.run;

import dev.belay.graph.TrainStep;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.dataset.TrainingData;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;

/**
 * Largest batch that a training may meet.
 *
 * @param examples in it
 * @param tokens of each
 */
public record LongestBatch(long examples, long tokens) {

  /** The largest batch that options allow. */
  public static LongestBatch of(DataConfig config) {
    return new LongestBatch(config.trainBatchSize(), config.maxSeqLength());
  }

  /** The largest batch that a pass of a training reads. */
  static LongestBatch of(TrainConfig config, Dataset data) {
    LongestBatch batch = of(config.data(), data);
    OptionalInt rows = config.update().miniBatchSize();
    return rows.isPresent() ? new LongestBatch(rows.getAsInt(), batch.tokens()) : batch;
  }

  /** The largest batch of some examples. */
  static LongestBatch of(DataConfig config, Dataset data) {
    int longest = data.examples().stream().mapToInt(EncodedExample::length).max().orElse(1);
    int multiple = TrainingData.PAD_TO_MULTIPLE;
    long tokens = (longest + multiple - 1L) / multiple * multiple;
    long examples =
        config.maxTokensPerBatch().isPresent()
            ? Math.max(1, config.maxTokensPerBatch().getAsInt() / tokens)
            : Math.min(config.trainBatchSize(), data.size());
    return new LongestBatch(examples, tokens);
  }

  /** Shapes of a step's placeholders, by the names of their nodes. */
  Map<String, Shape> shapes(TrainStep step) {
    TrainStep.Feeds feeds = step.feeds();
    Map<String, Shape> shapes = new HashMap<>();
    feeds.inputs().values().forEach(input -> add(shapes, input));
    add(shapes, feeds.labels());
    step.pass().cached().ifPresent(cache -> add(shapes, cache.gradient().ofPart().asOutput()));
    return shapes;
  }

  private void add(Map<String, Shape> shapes, Output<?> placeholder) {
    Shape open = placeholder.shape();
    if (!open.isUnknown() && placeholder.op().type().equals("Placeholder")) {
      long[] sizes = open.asArray();
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = sizes[i] != Shape.UNKNOWN_SIZE ? sizes[i] : i == 0 ? examples : tokens;
      }
      shapes.put(placeholder.op().name(), Shape.of(sizes));
    }
  }

  long rows() {
    return examples * tokens;
  }
}
