package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a decoder is made of that says which token comes next: GPT-2.
 *
 * @param sizes of it
 * @param scaling of the products of queries and keys
 * @param output what is made of the last rows
 * @param activation within the feed-forward
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record DecoderSpec(
    Sizes sizes,
    Scaling scaling,
    Output output,
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
   * What is made of the last rows.
   *
   * @param words how they become logits of words; empty: they do not, a head reads them
   * @param paddingId what a head for whole examples takes for padding: it reads the last token that
   *     is not this one; empty: the last of the attention mask
   */
  public record Output(Optional<Words> words, OptionalInt paddingId) {
    /** Logits of words. */
    public static Output of(Words words) {
      return new Output(Optional.of(words), OptionalInt.empty());
    }

    /** Features for a head. */
    public static Output features(OptionalInt paddingId) {
      return new Output(Optional.empty(), paddingId);
    }
  }

  /** What makes logits of words. */
  public enum Words {
    /** The words' own table. */
    TIED,
    /** {@code lm_head.weight}. */
    OWN
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
