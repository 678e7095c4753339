package dev.belay.graph.decoder;

import java.util.OptionalInt;

/**
 * Form of the layers in which families of decoders differ.
 *
 * @param names of the weights
 * @param norm of the rows
 * @param projection of queries, keys and values
 * @param biases which layers have one
 * @param gated whether the feed-forward multiplies by a second projection, arXiv 2002.05202
 * @param parallel whether attention and feed-forward read the same rows, arXiv 2204.06745
 * @param untrainedWord the word whose embedding never trains, if there is one
 */
public record DecoderForm(
    DecoderNames names,
    NormKind norm,
    Projection projection,
    Biases biases,
    boolean gated,
    boolean parallel,
    OptionalInt untrainedWord) {

  /** Normalisation of rows. */
  public enum NormKind {
    /** By mean and variance. */
    LAYER,
    /** By the root of the mean square. */
    ROOT_MEAN_SQUARE
  }

  /** Layers that make queries, keys and values. */
  public enum Projection {
    /** One kernel [H, 3 H]: all queries, all keys, all values. */
    TOGETHER_TRANSPOSED,
    /** One kernel [3 H, H]: query, key and value of each head. */
    TOGETHER_BY_HEAD,
    /** Three kernels. */
    SEPARATE
  }

  /**
   * Biases of the layers.
   *
   * @param projections of queries, keys and values
   * @param attentionOutput of the layer after them
   * @param feedForward of its layers
   */
  public record Biases(boolean projections, boolean attentionOutput, boolean feedForward) {
    /** Every layer has one. */
    public static final Biases ALL = new Biases(true, true, true);
  }

  /** GPT-2. */
  public static final DecoderForm GPT2 =
      new DecoderForm(
          DecoderNames.GPT2,
          NormKind.LAYER,
          Projection.TOGETHER_TRANSPOSED,
          Biases.ALL,
          false,
          false,
          OptionalInt.empty());

  /** Llama and its relatives, arXiv 2302.13971. */
  public static DecoderForm llama(Biases biases, OptionalInt untrainedWord) {
    return new DecoderForm(
        DecoderNames.LLAMA,
        NormKind.ROOT_MEAN_SQUARE,
        Projection.SEPARATE,
        biases,
        true,
        false,
        untrainedWord);
  }

  /** GPT-NeoX, arXiv 2204.06745. */
  public static DecoderForm gptNeox(boolean attentionBias, boolean parallel) {
    return new DecoderForm(
        DecoderNames.GPT_NEOX,
        NormKind.LAYER,
        Projection.TOGETHER_BY_HEAD,
        new Biases(attentionBias, attentionBias, true),
        false,
        parallel,
        OptionalInt.empty());
  }
}
