package dev.belay.train.data.batch;

import dev.belay.train.data.SourcePosition;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Examples padded to one shape.
 *
 * @param position position in the run
 * @param next position at which a run continues after it
 * @param features by the model's own names
 * @param labels [B, 1], [B, T] for labels per token, or [B, 2] for starts and ends; empty if the
 *     data have none
 * @param tokenCount tokens that the attention masks count, padding left out
 * @param lengths length of each example's rows of tokens before padding, those of the decoder where
 *     there is one; 0 for a model that takes text
 * @param sources position of each example, in the order of the rows
 */
public record Batch(
    BatchPosition position,
    BatchPosition next,
    Map<String, BatchColumn> features,
    Optional<BatchColumn> labels,
    long tokenCount,
    List<Integer> lengths,
    List<SourcePosition> sources) {

  /** A batch of which only the columns are known. */
  public static Batch ofColumns(Map<String, BatchColumn> features, Optional<BatchColumn> labels) {
    return new Batch(
        BatchPosition.START, BatchPosition.START, features, labels, 0, List.of(), List.of());
  }

  /** The same with other labels. */
  public Batch withLabels(BatchColumn other) {
    return new Batch(position, next, features, Optional.of(other), tokenCount, lengths, sources);
  }

  /** B. */
  public int exampleCount() {
    return sources.size();
  }
}
