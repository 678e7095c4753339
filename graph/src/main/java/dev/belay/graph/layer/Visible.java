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
 */
public record Visible(
    SequenceShape extent, Optional<Operand<TFloat32>> bias, Optional<RotaryPositions.Rotation> rotation) {

  /** Tokens without positions. */
  public static Visible of(SequenceShape extent, Optional<Operand<TFloat32>> bias) {
    return new Visible(extent, bias, Optional.empty());
  }

  /** The same tokens with other limits to what each sees. */
  public Visible withBias(Operand<TFloat32> other) {
    return new Visible(extent, Optional.of(other), rotation);
  }

  Operand<TFloat32> positioned(Ops tf, Operand<TFloat32> heads, int headSize) {
    return rotation.isPresent() ? rotation.get().apply(tf, heads, headSize) : heads;
  }
}
