package dev.belay.train.data.batch;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.language.Masking;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The batches of a data set, epoch after epoch, from any position on. Immutable. */
public final class BatchSource {
  private final Dataset dataset;
  private final BatchOptions options;
  private final BatchOrder order;
  private final Collator collator;
  private final Optional<Masking> masking;

  /** Batches of a data set; each is collated when it is read. */
  public BatchSource(Dataset dataset, BatchOptions options) {
    this(dataset, options, Optional.empty());
  }

  /** The same of examples whose words are hidden when their turn comes. */
  public BatchSource(Dataset dataset, BatchOptions options, Optional<Masking> masking) {
    this.masking = masking;
    this.dataset = dataset;
    this.options = options;
    this.order = new BatchOrder(dataset.examples(), options);
    this.collator = new Collator(dataset, options.padToMultiple());
  }

  /** Number of batches of an epoch, the short one included. */
  public int batchesPerEpoch() {
    return (dataset.size() + options.batchSize() - 1) / options.batchSize();
  }

  /** Number of predictions for an epoch's examples: one for all windows of a question. */
  public int answersPerEpoch() {
    return dataset.answers();
  }

  /** Number of examples of an epoch. */
  public int examplesPerEpoch() {
    return dataset.size();
  }

  /**
   * Batches without end, one epoch after the other: the same ones that a run from the start sees
   * from this position on.
   *
   * @throws IllegalArgumentException if the epoch has no such batch
   */
  public Iterator<Batch> from(BatchPosition position) {
    return new Batches(position, Integer.MAX_VALUE);
  }

  /** The batches of one epoch. */
  public Iterator<Batch> epoch(int epoch) {
    return new Batches(new BatchPosition(epoch, 0), epoch);
  }

  private final class Batches implements Iterator<Batch> {
    private final int lastEpoch;
    private BatchPosition position;
    private int[] indices;

    Batches(BatchPosition position, int lastEpoch) {
      if (position.batch() >= batchesPerEpoch()) {
        throw new IllegalArgumentException(
            "batch "
                + position.batch()
                + " of an epoch of "
                + batchesPerEpoch()
                + ": were these data or this batch size changed?");
      }
      this.position = position;
      this.lastEpoch = lastEpoch;
      this.indices = order.of(position.epoch());
    }

    @Override
    public boolean hasNext() {
      return position.epoch() <= lastEpoch;
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the epoch is over");
      }
      BatchPosition next = position.next(batchesPerEpoch());
      Batch batch = collator.collate(position, next, examples());
      if (next.epoch() != position.epoch() && next.epoch() <= lastEpoch) {
        indices = order.of(next.epoch());
      }
      position = next;
      return batch;
    }

    private List<EncodedExample> examples() {
      int start = position.batch() * options.batchSize();
      int end = Math.min(indices.length, start + options.batchSize());
      List<EncodedExample> examples = new ArrayList<>(end - start);
      for (int i = start; i < end; i++) {
        examples.add(example(indices[i]));
      }
      return examples;
    }

    private EncodedExample example(int index) {
      EncodedExample whole = dataset.examples().get(index);
      return masking.map(rule -> rule.hide(whole, position.epoch(), index)).orElse(whole);
    }
  }
}
