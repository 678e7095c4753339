package dev.belay.train.generate;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.step.StepRunner;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Owns the state of an encoder with a decoder, which has read its examples once and now writes
 * about each.
 */
public final class Seq2SeqTokens implements NextTokens {
  private final WrittenRows rows;
  private final int startToken;
  private final int longest;
  private final int examples;
  private List<int[]> masks; // of the texts that were read, a row for each text that is written

  /**
   * Reads the examples.
   *
   * @param runner of the model's graph; it stays open
   * @param model built by {@link Seq2SeqModel} without a training pass
   * @param read the texts to read
   * @param startToken first token of every text, {@code decoder_start_token_id}
   * @param longest most tokens of a text, the first among them
   */
  public Seq2SeqTokens(
      StepRunner runner, ForwardModel model, Read read, int startToken, int longest) {
    this.rows = new WrittenRows(runner, model, TensorNames.DECODER_INPUT_IDS);
    this.startToken = startToken;
    this.longest = longest;
    this.examples = read.mask().rows();
    int length = read.mask().columns();
    this.masks =
        IntStream.range(0, examples)
            .mapToObj(
                row -> Arrays.copyOfRange(read.mask().values(), row * length, (row + 1) * length))
            .toList();
    runner.advance(
        model.call(Seq2SeqModel.READING),
        Map.of(TensorNames.INPUT_IDS, read.ids(), TensorNames.ATTENTION_MASK, read.mask()),
        rows.state(),
        List.of());
  }

  /**
   * A batch of examples.
   *
   * @param ids [B, S]
   * @param mask 1 for tokens, 0 for padding, [B, S]
   */
  public record Read(BatchColumn.IntMatrix ids, BatchColumn.IntMatrix mask) {}

  @Override
  public List<int[]> begins() {
    return Collections.nCopies(examples, new int[] {startToken});
  }

  @Override
  public int longest() {
    return longest;
  }

  @Override
  public Logits first() {
    return rows.first(begins(), Collections.nCopies(examples, new int[] {1}), others());
  }

  @Override
  public Logits next(int[] from, int[] tokens) {
    masks = IntStream.of(from).mapToObj(masks::get).toList();
    return rows.next(from, tokens, others());
  }

  private Map<String, BatchColumn> others() {
    return Map.of(TensorNames.ATTENTION_MASK, WrittenRows.matrix(masks));
  }

  @Override
  public void close() {
    rows.close();
  }
}
