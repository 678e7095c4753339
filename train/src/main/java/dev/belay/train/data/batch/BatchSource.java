package dev.belay.train.data.batch;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.language.Masking;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The batches of a data set, epoch after epoch, from any position on. Immutable. */
public final class BatchSource {
  private final Dataset dataset;
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
    this.order = new BatchOrder(dataset.examples(), options);
    this.collator = new Collator(dataset, options.padToMultiple());
  }

  /** Number of batches of an epoch, the short one included. */
  public int batchesPerEpoch() {
    return order.count();
  }

  /** Number of examples in the batches of an epoch before a position. */
  public long examplesBefore(BatchPosition position) {
    return order.of(position.epoch()).stream()
        .limit(position.batch())
        .mapToLong(batch -> batch.length)
        .sum();
  }

  /**
   * The position of the batch that holds an example.
   *
   * @param example number of the example in the order of the epoch, from 0
   * @return the start of the next epoch if the epoch has no such example
   */
  public BatchPosition holding(int epoch, long example) {
    long end = 0;
    List<int[]> batches = order.of(epoch);
    for (int i = 0; i < batches.size(); i++) {
      end += batches.get(i).length;
      if (example < end) {
        return new BatchPosition(epoch, i);
      }
    }
    return new BatchPosition(epoch + 1, 0);
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
    private List<int[]> batches;

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
      this.batches = order.of(position.epoch());
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
        batches = order.of(next.epoch());
      }
      position = next;
      return batch;
    }

    private List<EncodedExample> examples() {
      return Arrays.stream(batches.get(position.batch())).mapToObj(this::example).toList();
    }

    private EncodedExample example(int index) {
      EncodedExample whole = dataset.examples().get(index);
      return masking.map(rule -> rule.hide(whole, position.epoch(), index)).orElse(whole);
    }
  }
}
