package dev.belay.train.generate;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.train.step.StepRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Owns the state of a decoder that continues prompts. */
public final class DecoderTokens implements NextTokens {
  private final WrittenRows rows;
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
    this.rows = new WrittenRows(runner, model, TensorNames.INPUT_IDS);
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

  /** Prompts that are shorter than others have padding at their left. */
  @Override
  public Logits first() {
    int length = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    List<int[]> ids = new ArrayList<>(); // padded by 0, which the mask hides
    List<int[]> masks = new ArrayList<>();
    for (int[] prompt : prompts) {
      int[] row = new int[length];
      int[] mask = new int[length];
      System.arraycopy(prompt, 0, row, length - prompt.length, prompt.length);
      Arrays.fill(mask, length - prompt.length, length, 1);
      ids.add(row);
      masks.add(mask);
    }
    return rows.first(ids, masks, Map.of());
  }

  @Override
  public Logits next(int[] from, int[] tokens) {
    return rows.next(from, tokens, Map.of());
  }

  @Override
  public void close() {
    rows.close();
  }
}
