package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.RotaryPositions;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Architecture of ModernBERT, arXiv 2412.13663: an encoder with rotary positions, whose blocks
 * normalise their input, and most of which attend only to near tokens.
 *
 * @param sizes of it
 * @param attention of its blocks
 * @param biases which layers have one
 * @param untrainedWord the word whose embedding never trains, if there is one
 * @param activation within the feed-forward
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record RotaryEncoderSpec(
    Sizes sizes,
    Attention attention,
    Biases biases,
    OptionalInt untrainedWord,
    Activation activation,
    double normEpsilon,
    Rates dropout) {
  /** Prefix of the names of all weights. */
  public static final String BASE = "model";

  /** Table of words. */
  public static final String WORDS = "embeddings.tok_embeddings.weight";

  /**
   * Sizes.
   *
   * @param vocabulary V
   * @param hidden H
   * @param layers number of blocks
   * @param heads A, which divides H
   * @param intermediate I
   */
  public record Sizes(int vocabulary, int hidden, int layers, int heads, int intermediate) {}

  /**
   * Attention of the blocks.
   *
   * @param globalPositions of the blocks that attend to all tokens
   * @param localPositions of the others
   * @param reach number of tokens to either side that the others attend to
   * @param local numbers of the others
   */
  public record Attention(
      RotaryPositions globalPositions,
      RotaryPositions localPositions,
      int reach,
      Set<Integer> local) {
    public Attention {
      local = Set.copyOf(local);
    }
  }

  /**
   * Biases of the layers.
   *
   * @param norms of every norm
   * @param attention of its projections
   * @param feedForward of its layers
   */
  public record Biases(boolean norms, boolean attention, boolean feedForward) {}

  /**
   * Dropout rates in training.
   *
   * @param embeddings of their rows
   * @param attention of the attention's weights, and of what an attention adds
   * @param feedForward of the numbers within a feed-forward
   */
  public record Rates(double embeddings, double attention, double feedForward) {}

  public RotaryEncoderSpec {
    Heads.requireParts(sizes.hidden(), sizes.heads());
  }
}
