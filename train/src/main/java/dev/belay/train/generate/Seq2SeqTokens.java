package dev.belay.train.generate;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** An encoder with a decoder, which has read its examples once and now writes about each. */
public final class Seq2SeqTokens implements NextTokens {
  private final StepRunner runner;
  private final ForwardCall writing;
  private final BatchColumn.IntMatrix mask; // [B, S]
  private final float[] memory; // [B, S, H]
  private final int startToken;

  /**
   * Reads the examples.
   *
   * @param runner of the model's graph; it stays open
   * @param model built by {@link Seq2SeqModel}
   * @param read the texts to read
   * @param startToken first token of every text, {@code decoder_start_token_id}
   */
  public Seq2SeqTokens(StepRunner runner, ForwardModel model, Read read, int startToken) {
    this.runner = runner;
    this.writing = model.call(Seq2SeqModel.WRITING);
    this.mask = read.mask();
    this.startToken = startToken;
    this.memory =
        runner
            .ask(
                model.call(Seq2SeqModel.READING),
                Map.of(TensorNames.INPUT_IDS, read.ids(), TensorNames.ATTENTION_MASK, read.mask()),
                Seq2SeqModel.MEMORY)
            .logits();
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
    return Collections.nCopies(mask.rows(), new int[] {startToken});
  }

  @Override
  public int longest() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Logits after(List<PartialSequence> texts) {
    int rows = texts.size();
    int length = texts.get(0).tokens().length; // all began with one token, so all are as long
    int read = mask.columns();
    int size = memory.length / mask.rows(); // S * H
    int[] ids = new int[rows * length];
    int[] masks = new int[rows * read];
    float[] memories = new float[rows * size];
    for (int row = 0; row < rows; row++) {
      PartialSequence text = texts.get(row);
      System.arraycopy(text.tokens(), 0, ids, row * length, length);
      System.arraycopy(mask.values(), text.example() * read, masks, row * read, read);
      System.arraycopy(memory, text.example() * size, memories, row * size, size);
    }
    EvaluationResult asked =
        runner.ask(
            writing,
            Map.of(
                Seq2SeqModel.MEMORY,
                new BatchColumn.FloatMatrix(rows * read, size / read, memories),
                TensorNames.ATTENTION_MASK,
                new BatchColumn.IntMatrix(rows, read, masks),
                TensorNames.DECODER_INPUT_IDS,
                new BatchColumn.IntMatrix(rows, length, ids)),
            TensorNames.NEXT_LOGITS);
    return new Logits(asked.logits(), asked.classes());
  }
}
