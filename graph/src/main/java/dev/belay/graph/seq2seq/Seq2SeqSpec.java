package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Activation;

/**
 * What a model is made of that reads one text and writes another: T5, T5 1.1 and mT5.
 *
 * @param sizes of it
 * @param positions how distances between tokens are told apart
 * @param feedForward of every block
 * @param output how logits are made
 * @param normEpsilon of every norm
 * @param dropout of embeddings, attention's weights, what is within a feed-forward, what a layer
 *     adds, and the last rows
 */
public record Seq2SeqSpec(
    Sizes sizes,
    Positions positions,
    FeedForward feedForward,
    Output output,
    double normEpsilon,
    double dropout) {

  /**
   * Sizes.
   *
   * @param vocabulary V
   * @param hidden H
   * @param encoderLayers blocks that read
   * @param decoderLayers blocks that write
   * @param heads A
   * @param headSize D; A * D need not be H
   * @param intermediate I
   */
  public record Sizes(
      int vocabulary,
      int hidden,
      int encoderLayers,
      int decoderLayers,
      int heads,
      int headSize,
      int intermediate) {}

  /**
   * Relative positions.
   *
   * @param buckets that distances fall into
   * @param farthest distance that differs from those beyond it
   */
  public record Positions(int buckets, int farthest) {}

  /**
   * How logits are made of the last rows.
   *
   * @param tied whether by the words' table; else by {@code lm_head.weight}
   * @param scaled whether rows are first multiplied by {@code 1 / sqrt(H)}
   */
  public record Output(boolean tied, boolean scaled) {
    /** T5 as it was published first. */
    public static final Output TIED = new Output(true, true);

    /** T5 1.1 and mT5. */
    public static final Output OWN = new Output(false, false);
  }

  /**
   * What a feed-forward does.
   *
   * @param activation within it
   * @param gated whether a second projection multiplies what is activated, arXiv 2002.05202
   */
  public record FeedForward(Activation activation, boolean gated) {
    /** T5 as it was published first. */
    public static final FeedForward RELU = new FeedForward(Activation.RELU, false);

    /** T5 1.1 and mT5. */
    public static final FeedForward GATED_GELU = new FeedForward(Activation.GELU_TANH, true);
  }
}
