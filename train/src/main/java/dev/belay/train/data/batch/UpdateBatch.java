package dev.belay.train.data.batch;

import java.util.List;

/**
 * The examples of one update, in one batch or in several.
 *
 * @param parts in the order of the data, at least one
 */
public record UpdateBatch(List<Batch> parts) {

  /** Refuses an update of nothing. */
  public UpdateBatch {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("an update needs a batch");
    }
  }

  /** Position of its first batch. */
  public BatchPosition position() {
    return parts.get(0).position();
  }

  /** Position at which a run continues after it. */
  public BatchPosition next() {
    return parts.get(parts.size() - 1).next();
  }

  /** Examples of all parts. */
  public int exampleCount() {
    return parts.stream().mapToInt(Batch::exampleCount).sum();
  }

  /** Tokens of all parts, padding left out. */
  public long tokenCount() {
    return parts.stream().mapToLong(Batch::tokenCount).sum();
  }
}
