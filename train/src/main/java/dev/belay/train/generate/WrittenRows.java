package dev.belay.train.generate;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.forward.TextWriting;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.step.CallState;
import dev.belay.train.step.StepRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Owns the state of rows of tokens; close it to free that. */
final class WrittenRows implements AutoCloseable {
  private final StepRunner runner;
  private final ForwardModel model;
  private final String tokens;
  private final CallState state = new CallState();
  private List<int[]> masks = new ArrayList<>();

  /**
   * No rows yet.
   *
   * @param tokens name of the input for them
   */
  WrittenRows(StepRunner runner, ForwardModel model, String tokens) {
    this.runner = runner;
    this.model = model;
    this.tokens = tokens;
  }

  /** The state, to which a pass before the first token may add. */
  CallState state() {
    return state;
  }

  /**
   * Adds the first tokens.
   *
   * @param rows of one length
   * @param own 1 for tokens, 0 for padding at the left
   * @param others columns for other inputs
   */
  NextTokens.Logits first(List<int[]> rows, List<int[]> own, Map<String, BatchColumn> others) {
    this.masks = own;
    return ask(matrix(rows), others);
  }

  /** Adds a token to each of some rows, and drops the other rows. */
  NextTokens.Logits next(int[] rows, int[] added, Map<String, BatchColumn> others) {
    select(rows);
    int length = masks.get(0).length;
    List<int[]> longer = new ArrayList<>();
    for (int row : rows) {
      int[] mask = Arrays.copyOf(masks.get(row), length + 1);
      mask[length] = 1;
      longer.add(mask);
    }
    masks = longer;
    return ask(new BatchColumn.IntMatrix(rows.length, 1, added), others);
  }

  private void select(int[] rows) {
    boolean same =
        rows.length == masks.size() && IntStream.range(0, rows.length).allMatch(i -> rows[i] == i);
    if (!same) {
      runner.advance(
          model.call(TextWriting.SELECTING),
          Map.of(TextWriting.ROWS, new BatchColumn.IntMatrix(rows.length, 1, rows)),
          state,
          List.of());
    }
  }

  private NextTokens.Logits ask(BatchColumn.IntMatrix ids, Map<String, BatchColumn> others) {
    Map<String, BatchColumn> columns = new HashMap<>(others);
    columns.put(tokens, ids);
    columns.put(TextWriting.MASK, matrix(masks));
    List<float[]> read =
        runner.advance(
            model.call(TextWriting.WRITING),
            columns,
            state,
            List.of(TensorNames.NEXT_LOGITS, TextWriting.TOTAL));
    return new NextTokens.Logits(read.get(0), read.get(1));
  }

  /** Rows of one length. */
  static BatchColumn.IntMatrix matrix(List<int[]> rows) {
    int[] values = rows.stream().flatMapToInt(IntStream::of).toArray();
    return new BatchColumn.IntMatrix(rows.size(), rows.get(0).length, values);
  }

  @Override
  public void close() {
    state.close();
  }
}
