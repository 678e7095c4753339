package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.DistanceBuckets;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Architecture of DeBERTa, arXiv 2006.03654 and 2111.09543: an encoder like BERT's whose attention
 * reads contents and distances apart.
 *
 * @param encoder names, sizes, activation, norms and dropout; its form of positions is not read
 * @param attention of its blocks
 * @param positions embeddings of positions
 * @param untrainedWord the word whose embedding never trains, if there is one
 * @param convolution beside the first block, if there is one
 */
public record DisentangledEncoderSpec(
    EncoderSpec encoder,
    Attention attention,
    PositionRows positions,
    OptionalInt untrainedWord,
    Optional<Convolution> convolution) {

  /** Embeddings of positions. */
  public enum PositionRows {
    /** Added to those of words. */
    ADDED,
    /** Files hold them, and nothing reads them. */
    KEPT,
    /** There are none. */
    NONE
  }

  /**
   * Attention of the blocks.
   *
   * @param layers that project contents and distances
   * @param distances that have an embedding; empty: attention reads none
   * @param normed whether there is a norm of these embeddings
   * @param byKeys whether queries are multiplied by keys of distances
   * @param byQueries whether keys are multiplied by queries of distances
   * @param summands number of terms that scores are scaled for
   */
  public record Attention(
      Layers layers,
      Optional<DistanceBuckets> distances,
      boolean normed,
      boolean byKeys,
      boolean byQueries,
      int summands) {
    /** Whether any term reads the distances. */
    boolean readsDistances() {
      return distances.isPresent() && (byKeys || byQueries);
    }
  }

  /** Layers that project contents and distances. */
  public enum Layers {
    /** One layer for queries, keys and values, which has no bias of keys: version 1. */
    JOINT,
    /** A layer for each, and further ones for distances. */
    APART,
    /** A layer for each, also for distances. */
    SHARED
  }

  /**
   * Convolution over tokens.
   *
   * @param width number of tokens, odd
   * @param groups of numbers that are computed apart; a divisor of H
   * @param activation after it
   */
  public record Convolution(int width, int groups, Activation activation) {
    public Convolution {
      if (width < 1 || width % 2 == 0) {
        throw new IllegalArgumentException(
            "A convolution that keeps the number of tokens has an odd width; found " + width + ".");
      }
    }
  }
}
