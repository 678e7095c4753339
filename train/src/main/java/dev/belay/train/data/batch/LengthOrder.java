package dev.belay.train.data.batch;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * A data set sorted by length within windows, so that its batches need little padding. Results for
 * the sorted examples are passed on in the order of the data, so no more than a window of them is
 * ever held.
 *
 * <p>A model without a mask sees the padding of its batch, so its examples stay in their order.
 */
public final class LengthOrder {
  /** Most examples of a window. */
  private static final int EXAMPLES = 1 << 12;

  /** Most numbers of the results for a window. */
  private static final long NUMBERS = 1 << 22;

  private final Dataset dataset;
  private final int[] order;
  private final int window;

  private LengthOrder(Dataset dataset, int[] order, int window) {
    this.dataset = dataset;
    this.order = order;
    this.window = window;
  }

  /**
   * Sorts a data set, the longest first in each window.
   *
   * @param batchSize examples of a batch; a window holds whole batches
   * @param numbers in the result for one example, at most
   */
  public static LengthOrder of(Dataset dataset, int batchSize, long numbers) {
    long held = Math.min(EXAMPLES, NUMBERS / Math.max(1, numbers));
    return of(dataset, Math.toIntExact(Math.max(1, held / batchSize) * batchSize));
  }

  /** Sorts a data set within windows of that many examples. */
  static LengthOrder of(Dataset dataset, int window) {
    List<EncodedExample> examples = dataset.examples();
    int[] lengths = examples.stream().mapToInt(EncodedExample::length).toArray();
    int[] order = new int[lengths.length];
    Arrays.setAll(order, i -> i);
    boolean masked =
        dataset.options().features().stream()
            .anyMatch(request -> request.feature().equals(FeatureNames.ATTENTION_MASK));
    for (int start = 0; masked && start < order.length; start += window) {
      BatchOrder.sortByLength(lengths, order, start, Math.min(order.length, start + window));
    }
    return new LengthOrder(
        new Dataset(
            dataset.options(),
            Arrays.stream(order).mapToObj(examples::get).toList(),
            dataset.labels(),
            dataset.notes()),
        order,
        window);
  }

  /** The data set in the new order. */
  public Dataset sorted() {
    return dataset;
  }

  /** Takes the results for the sorted examples one by one, and passes them on in the old order. */
  public <R> Consumer<R> restoring(Consumer<? super R> sink) {
    List<R> held = new ArrayList<>(window);
    int[] taken = {0};
    return result -> {
      held.add(result);
      int end = ++taken[0];
      if (held.size() == window || end == order.length) {
        passOn(held, end - held.size(), sink);
        held.clear();
      }
    };
  }

  private <R> void passOn(List<R> held, int start, Consumer<? super R> sink) {
    List<R> restored = new ArrayList<>(held);
    for (int i = 0; i < held.size(); i++) {
      restored.set(order[start + i] - start, held.get(i));
    }
    restored.forEach(sink);
  }
}
