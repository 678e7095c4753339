package dev.belay.train.step;

import dev.belay.graph.TrainStep;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

/** Deals a batch out to replicas. */
final class Shares {
  private Shares() {}

  /**
   * Requires inputs of any batch size.
   *
   * @param shares devices or processes that share each batch
   */
  static void requireOpenBatch(TrainStep train, int shares) {
    train
        .feeds()
        .inputs()
        .forEach(
            (name, input) -> {
              if (shares > 1 && input.shape().get(0) != Shape.UNKNOWN_SIZE) {
                throw new ModelException(
                    "input '"
                        + name
                        + "' has the fixed shape "
                        + input.shape()
                        + ", so a batch cannot be shared between "
                        + shares
                        + " devices or workers; train with one, or save the model with an open"
                        + " batch size");
              }
            });
  }

  /** Rows of a batch. */
  static int rows(Batch batch) {
    return batch.labels().orElseThrow().rows();
  }

  /**
   * Shares of a batch, in the order of its rows, the first ones with one more where it does not
   * come out even.
   *
   * @param count at most as many as the batch has rows
   * @return batches of columns alone; the batch itself if it is not shared
   */
  static List<Batch> of(Batch batch, int count) {
    if (count == 1) {
      return List.of(batch);
    }
    List<Batch> shares = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < count; i++) {
      int end = begin + rows(batch) / count + (i < rows(batch) % count ? 1 : 0);
      shares.add(rows(batch, begin, end));
      begin = end;
    }
    return shares;
  }

  private static Batch rows(Batch batch, int begin, int end) {
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    batch.features().forEach((name, column) -> features.put(name, column.slice(begin, end)));
    return Batch.ofColumns(features, batch.labels().map(column -> column.slice(begin, end)));
  }
}
