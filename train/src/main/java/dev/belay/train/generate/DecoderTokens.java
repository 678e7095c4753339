package dev.belay.train.generate;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A decoder that continues prompts. */
public final class DecoderTokens implements NextTokens {
  private final StepRunner runner;
  private final ForwardCall evaluation;
  private final List<int[]> prompts;
  private final int longest;

  /**
   * A decoder and its prompts.
   *
   * @param runner of the model's graph; it stays open
   * @param model built by {@link DecoderModel}
   * @param prompts one for each example, none empty
   * @param longest rows of the table of positions
   * @throws IllegalArgumentException if there is no prompt, or one is empty or too long
   */
  public DecoderTokens(StepRunner runner, ForwardModel model, List<int[]> prompts, int longest) {
    this.runner = runner;
    this.evaluation = model.call(LayeredForward.EVALUATION);
    this.prompts = List.copyOf(prompts);
    this.longest = longest;
    for (int i = 0; i < prompts.size(); i++) {
      int length = prompts.get(i).length;
      if (length < 1 || length > longest) {
        throw new IllegalArgumentException(
            "A decoder needs a prompt of at least one token and at most "
                + longest
                + ", as many as it has positions for; prompt "
                + (i + 1)
                + " has "
                + length
                + ".");
      }
    }
  }

  @Override
  public List<int[]> begins() {
    return prompts;
  }

  @Override
  public int longest() {
    return longest;
  }

  @Override
  public Logits after(List<PartialSequence> texts) {
    int length = texts.stream().mapToInt(text -> text.tokens().length).max().orElseThrow();
    int[] ids = new int[texts.size() * length]; // padded by 0, which the mask hides
    int[] mask = new int[ids.length];
    for (int row = 0; row < texts.size(); row++) {
      int[] tokens = texts.get(row).tokens();
      System.arraycopy(tokens, 0, ids, row * length, tokens.length);
      Arrays.fill(mask, row * length, row * length + tokens.length, 1);
    }
    EvaluationResult asked =
        runner.ask(
            evaluation,
            Map.of(
                TensorNames.INPUT_IDS, new BatchColumn.IntMatrix(texts.size(), length, ids),
                TensorNames.ATTENTION_MASK, new BatchColumn.IntMatrix(texts.size(), length, mask)),
            TensorNames.NEXT_LOGITS);
    return new Logits(asked.logits(), asked.classes());
  }
}
