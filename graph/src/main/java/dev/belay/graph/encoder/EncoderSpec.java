package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.RelativePositions;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Architecture of an encoder of the BERT family: BERT, RoBERTa, DistilBERT, ELECTRA, ALBERT and
 * MPNet are settings of one encoder.
 *
 * @param names of its weights
 * @param sizes of it
 * @param sharing of weights between blocks
 * @param projected whether a separate layer projects embeddings to the hidden size
 * @param positions encoding of positions
 * @param causal whether no token attends to later ones
 * @param activation within the feed-forward
 * @param normEpsilon of every norm
 * @param dropout rates while training
 */
public record EncoderSpec(
    EncoderNames names,
    Sizes sizes,
    Sharing sharing,
    boolean projected,
    Positions positions,
    boolean causal,
    Activation activation,
    double normEpsilon,
    Rates dropout) {

  /**
   * Sizes.
   *
   * @param vocabulary V
   * @param embedding E
   * @param hidden H
   * @param layers number of blocks that a token passes
   * @param heads A, which divides H
   * @param intermediate I
   * @param positions rows of the table of positions
   * @param types rows of the table of token types; 0: there is none
   */
  public record Sizes(
      int vocabulary,
      int embedding,
      int hidden,
      int layers,
      int heads,
      int intermediate,
      int positions,
      int types) {}

  /**
   * Encoding of positions.
   *
   * @param paddingId RoBERTa's: positions count from one more than this id, and skip tokens with
   *     this id; empty: from 0, for all tokens
   * @param relative distances that attention reads instead of position embeddings; their table is
   *     kept, but neither read nor trained
   * @param biases of the distances, which attention adds in all blocks alike
   * @param sinusoidal whether a fresh table is initialized with sines and cosines
   */
  public record Positions(
      OptionalInt paddingId,
      Optional<RelativeKeys.Form> relative,
      Optional<RelativePositions.Buckets> biases,
      boolean sinusoidal) {
    /** Each position has a row, counted from 0. */
    public static final Positions ADDED =
        new Positions(OptionalInt.empty(), Optional.empty(), Optional.empty(), false);
  }

  /**
   * Sharing of weights between blocks.
   *
   * @param groups of consecutive layers, each of which goes through one group's blocks
   * @param blocks in a group
   */
  public record Sharing(int groups, int blocks) {}

  /**
   * Dropout rates in training.
   *
   * @param embeddings of their sum
   * @param attention of the attention's weights
   * @param attentionOutput of what an attention adds
   * @param feedForward of what a feed-forward adds
   */
  public record Rates(
      double embeddings, double attention, double attentionOutput, double feedForward) {}

  public EncoderSpec {
    Heads.requireParts(sizes.hidden(), sizes.heads());
    if (!projected && sizes.embedding() != sizes.hidden()) {
      throw new IllegalArgumentException(
          "Embeddings of another width than the hidden size need a projection; found "
              + sizes.embedding()
              + " and "
              + sizes.hidden()
              + ".");
    }
  }
}
