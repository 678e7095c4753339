package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Activation;
import java.util.OptionalInt;

/**
 * Architecture of a model that reads one text and writes another.
 *
 * @param form of its family
 * @param sizes of it
 * @param positions of tokens
 * @param words computation of their embeddings
 * @param feedForward of every block
 * @param output computation of the logits
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record Seq2SeqSpec(
    Seq2SeqForm form,
    Sizes sizes,
    Positions positions,
    Words words,
    FeedForward feedForward,
    Output output,
    double normEpsilon,
    Rates dropout) {

  /** A T5, with one rate of dropout everywhere. */
  public Seq2SeqSpec(
      Sizes sizes,
      Positions positions,
      FeedForward feedForward,
      Output output,
      double normEpsilon,
      double dropout) {
    this(
        Seq2SeqForm.T5,
        sizes,
        positions,
        Words.PLAIN,
        feedForward,
        output,
        normEpsilon,
        Rates.everywhere(dropout));
  }

  /**
   * Sizes.
   *
   * @param vocabulary V
   * @param hidden H
   * @param encoder of the encoder's blocks
   * @param decoder of the decoder's blocks
   */
  public record Sizes(int vocabulary, int hidden, Blocks encoder, Blocks decoder) {
    /** Of a T5, whose encoder and decoder have the same blocks. */
    public Sizes(
        int vocabulary,
        int hidden,
        int encoderLayers,
        int decoderLayers,
        int heads,
        int headSize,
        int intermediate) {
      this(
          vocabulary,
          hidden,
          new Blocks(encoderLayers, heads, headSize, intermediate),
          new Blocks(decoderLayers, heads, headSize, intermediate));
    }
  }

  /**
   * Sizes of blocks.
   *
   * @param layers how many
   * @param heads A
   * @param headSize D; A * D need not be H
   * @param intermediate I
   */
  public record Blocks(int layers, int heads, int headSize, int intermediate) {}

  /** Positions of tokens. */
  public sealed interface Positions permits Relative, Learned {}

  /**
   * Biases of distances between tokens.
   *
   * @param buckets that distances fall into
   * @param farthest distance that differs from those beyond it
   */
  public record Relative(int buckets, int farthest) implements Positions {}

  /**
   * A table of positions, whose rows are added to the words, and a norm of the sums.
   *
   * @param rows of the table: no text may be longer without the offset
   * @param offset row of the first token
   */
  public record Learned(int rows, int offset) implements Positions {}

  /**
   * Computation of the embeddings of words.
   *
   * @param scale factor of the rows
   * @param untrained word whose row never trains where it is read, if there is one
   */
  public record Words(double scale, OptionalInt untrained) {
    /** The rows as they are. */
    public static final Words PLAIN = new Words(1, OptionalInt.empty());
  }

  /**
   * Computation of logits from the last rows.
   *
   * @param tied whether the word embeddings give the logits; else {@code lm_head.weight}
   * @param scaled whether rows are first multiplied by {@code 1 / sqrt(H)}
   * @param biased whether a constant of the files is added, {@code final_logits_bias}
   */
  public record Output(boolean tied, boolean scaled, boolean biased) {
    /** T5 as it was published first. */
    public static final Output TIED = new Output(true, true, false);

    /** T5 1.1 and mT5. */
    public static final Output OWN = new Output(false, false, false);
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

  /**
   * Dropout rates in training.
   *
   * @param rows of the embeddings, and of what a layer adds
   * @param attention of the attention's weights
   * @param inner of the inner activations of a feed-forward
   * @param last of the last rows
   */
  public record Rates(double rows, double attention, double inner, double last) {
    static Rates everywhere(double rate) {
      return new Rates(rate, rate, rate, rate);
    }
  }
}
