package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;

/**
 * What a decoder is made of that says which token comes next: GPT-2.
 *
 * @param sizes of it
 * @param scaling of the products of queries and keys
 * @param tied whether the words' table is also what makes logits; else {@code lm_head.weight} is
 * @param activation within the feed-forward
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record DecoderSpec(
    Sizes sizes,
    Scaling scaling,
    boolean tied,
    Activation activation,
    double normEpsilon,
    Rates dropout) {

  /**
   * Sizes.
   *
   * @param vocabulary V
   * @param hidden H
   * @param layers how many blocks
   * @param heads A, which divides H
   * @param intermediate I; 4 H where a configuration is silent
   * @param positions rows of the table of positions: no text may be longer
   */
  public record Sizes(
      int vocabulary, int hidden, int layers, int heads, int intermediate, int positions) {}

  /**
   * How products of queries and keys are made smaller, as Hugging Face's configuration says.
   *
   * @param byRoot divided by the root of a head's size: {@code scale_attn_weights}
   * @param byLayer divided by the number of the layer, from 1: {@code
   *     scale_attn_by_inverse_layer_idx}
   */
  public record Scaling(boolean byRoot, boolean byLayer) {
    /** GPT-2 as OpenAI trained it. */
    public static final Scaling GPT2 = new Scaling(true, false);

    double of(int layer, int headSize) {
      return (byRoot ? 1 / Math.sqrt(headSize) : 1) / (byLayer ? layer + 1 : 1);
    }
  }

  /**
   * How much is dropped while training.
   *
   * @param embeddings of their sum
   * @param attention of the attention's weights
   * @param residual of what an attention or a feed-forward adds
   */
  public record Rates(double embeddings, double attention, double residual) {}

  public DecoderSpec {
    Heads.requireParts(sizes.hidden(), sizes.heads());
  }
}
