package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Architecture of a decoder that predicts the next token: GPT-2.
 *
 * @param sizes of it
 * @param scaling of the products of queries and keys
 * @param output what is computed from the last rows
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
   * Sizes of a decoder.
   *
   * @param vocabulary V
   * @param hidden H
   * @param layers how many blocks
   * @param heads A, which divides H
   * @param intermediate I; 4 H if a configuration lacks it
   * @param positions rows of the table of positions: no text may be longer
   */
  public record Sizes(
      int vocabulary, int hidden, int layers, int heads, int intermediate, int positions) {}

  /**
   * Scaling of the products of queries and keys, by the switches of Hugging Face's configuration.
   *
   * @param byRoot divided by the root of a head's size: {@code scale_attn_weights}
   * @param byLayer divided by the number of the layer, from 1: {@code
   *     scale_attn_by_inverse_layer_idx}
   */
  public record Scaling(boolean byRoot, boolean byLayer) {
    /** GPT-2 as trained by OpenAI. */
    public static final Scaling GPT2 = new Scaling(true, false);

    double of(int layer, int headSize) {
      return (byRoot ? 1 / Math.sqrt(headSize) : 1) / (byLayer ? layer + 1 : 1);
    }
  }

  /**
   * Output layer on the last rows.
   *
   * @param words table that turns them into logits of words; empty: a head reads the rows instead
   * @param paddingId id that a head for whole examples treats as padding: it reads the last token
   *     with another id; empty: the last token of the attention mask
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

  /** Table that turns rows into logits of words. */
  public enum Words {
    /** The words' own table. */
    TIED,
    /** {@code lm_head.weight}. */
    OWN
  }

  /**
   * Dropout rates in training.
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
