package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.RotaryPositions;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Architecture of a decoder that predicts the next token.
 *
 * @param form of its family
 * @param sizes of it
 * @param attention of every block
 * @param output what is computed from the last rows
 * @param activation within the feed-forward
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record DecoderSpec(
    DecoderForm form,
    Sizes sizes,
    Attention attention,
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
   * @param heads A
   * @param intermediate I; 4 H if a configuration lacks it
   * @param positions rows of the table of positions: no text may be longer; 0 without one
   */
  public record Sizes(
      int vocabulary, int hidden, int layers, int heads, int intermediate, int positions) {}

  /**
   * Attention of a decoder.
   *
   * @param keyHeads heads of keys and values, a divisor of A
   * @param headSize D
   * @param scaling of the products of queries and keys
   * @param rotary positions that rotate queries and keys, if there are any
   * @param window limit to what tokens see, if there is one
   */
  public record Attention(
      int keyHeads,
      int headSize,
      Scaling scaling,
      Optional<RotaryPositions> rotary,
      Optional<Window> window) {
    /** Of GPT-2, whose heads share the hidden size. */
    static Attention gpt2(Sizes sizes, Scaling scaling) {
      Heads.requireParts(sizes.hidden(), sizes.heads());
      return new Attention(
          sizes.heads(),
          sizes.hidden() / sizes.heads(),
          scaling,
          Optional.empty(),
          Optional.empty());
    }
  }

  /**
   * Sliding window, arXiv 2310.06825.
   *
   * @param tokens how many each token sees, itself among them
   * @param layers numbers of the layers that have it
   */
  public record Window(int tokens, Set<Integer> layers) {
    public Window {
      layers = Set.copyOf(layers);
    }
  }

  /**
   * Scaling of the products of queries and keys, by the switches of Hugging Face's configuration.
   *
   * @param byRoot divided by the root of a head's size: {@code scale_attn_weights}
   * @param byLayer divided by the number of the layer, from 1: {@code
   *     scale_attn_by_inverse_layer_idx}
   */
  public record Scaling(boolean byRoot, boolean byLayer) {
    /** By the root of a head's size, as in most decoders. */
    public static final Scaling BY_ROOT = new Scaling(true, false);

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

  /** A GPT-2. */
  public DecoderSpec(
      Sizes sizes,
      Scaling scaling,
      Output output,
      Activation activation,
      double normEpsilon,
      Rates dropout) {
    this(
        DecoderForm.GPT2,
        sizes,
        Attention.gpt2(sizes, scaling),
        output,
        activation,
        normEpsilon,
        dropout);
  }

  public DecoderSpec {
    Heads.requireParts(sizes.heads(), attention.keyHeads());
  }
}
