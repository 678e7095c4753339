package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Activation;

/**
 * Architecture of a model that reads one text and writes another: T5, T5 1.1 and mT5.
 *
 * @param sizes of it
 * @param positions buckets of distances between tokens
 * @param feedForward of every block
 * @param output computation of the logits
 * @param normEpsilon of every norm
 * @param dropout rate for embeddings, attention weights, the inner activations of a feed-forward,
 *     what a layer adds, and the last rows
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
   * @param encoderLayers blocks of the encoder
   * @param decoderLayers blocks of the decoder
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
   * Computation of logits from the last rows.
   *
   * @param tied whether the word embeddings give the logits; else {@code lm_head.weight}
   * @param scaled whether rows are first multiplied by {@code 1 / sqrt(H)}
   */
  public record Output(boolean tied, boolean scaled) {
    /** T5 as it was published first. */
    public static final Output TIED = new Output(true, true);

    /** T5 1.1 and mT5. */
    public static final Output OWN = new Output(false, false);
  }

  /**
   * Form of a feed-forward.
   *
   * @param activation within it
   * @param gated whether a second projection multiplies the activated values, arXiv 2002.05202
   */
  public record FeedForward(Activation activation, boolean gated) {
    /** T5 as it was published first. */
    public static final FeedForward RELU = new FeedForward(Activation.RELU, false);

    /** T5 1.1 and mT5. */
    public static final FeedForward GATED_GELU = new FeedForward(Activation.GELU_TANH, true);
  }
}
