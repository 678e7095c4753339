package dev.belay.graph.layer;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Tokens of a batch that attend to each other: their number, what each of them sees, and where they
 * are.
 *
 * @param extent B and T
 * @param bias added to the products: [B or 1, A or 1, T or 1, T]; empty: each sees all
 * @param rotation of queries and keys; empty: they do not know their positions
 * @param cache of the tokens before them, which they see too; empty: there are none
 */
public record Visible(
    SequenceShape extent,
    Optional<Operand<TFloat32>> bias,
    Optional<RotaryPositions.Rotation> rotation,
    Optional<KeyValueCache> cache) {

  /** Tokens without any before them. */
  public Visible(
      SequenceShape extent,
      Optional<Operand<TFloat32>> bias,
      Optional<RotaryPositions.Rotation> rotation) {
    this(extent, bias, rotation, Optional.empty());
  }

  /** Tokens without positions. */
  public static Visible of(SequenceShape extent, Optional<Operand<TFloat32>> bias) {
    return new Visible(extent, bias, Optional.empty());
  }

  /** The same tokens with other limits to what each sees. */
  public Visible withBias(Operand<TFloat32> other) {
    return new Visible(extent, Optional.of(other), rotation, cache);
  }

  Operand<TFloat32> positioned(Ops tf, Operand<TFloat32> heads, int headSize) {
    return rotation.isPresent() ? rotation.get().apply(tf, heads, headSize) : heads;
  }

  /** All keys and values that the tokens may see. */
  KeyValueCache.KeyValues all(Ops tf, KeyValueCache.KeyValues own, int heads, int headSize) {
    return cache.isPresent() ? cache.get().extend(tf, own, heads, headSize) : own;
  }

  /** B, and how many tokens they may see. */
  public SequenceShape seen() {
    return cache.map(KeyValueCache::total).orElse(extent);
  }
}
