package dev.belay.graph;

import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.DistanceBuckets;
import java.util.Optional;
import java.util.OptionalInt;

/** A DeBERTa of two blocks, whose texts are longer than the distances that have a number. */
public final class SmallDisentangledEncoder {
  private SmallDisentangledEncoder() {}

  /**
   * Its specification.
   *
   * @param hidden H, even
   * @param layers that project contents and distances
   * @param convolves whether there is a convolution beside the first block
   */
  public static DisentangledEncoderSpec spec(
      int vocabulary, int hidden, DisentangledEncoderSpec.Layers layers, boolean convolves) {
    boolean first = layers == DisentangledEncoderSpec.Layers.JOINT;
    EncoderSpec encoder =
        new EncoderSpec(
            EncoderNames.DEBERTA_V2,
            new EncoderSpec.Sizes(vocabulary, first ? 4 : hidden, hidden, 2, 2, 6, 16, 0),
            new EncoderSpec.Sharing(2, 1),
            first,
            EncoderSpec.Positions.ADDED,
            false,
            Activation.GELU,
            1e-6,
            new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
    return new DisentangledEncoderSpec(
        encoder,
        new DisentangledEncoderSpec.Attention(
            layers,
            Optional.of(first ? new DistanceBuckets(3, 0, 3) : new DistanceBuckets(4, 4, 6)),
            !first,
            true,
            true,
            3),
        first
            ? DisentangledEncoderSpec.PositionRows.ADDED
            : DisentangledEncoderSpec.PositionRows.NONE,
        OptionalInt.of(1),
        convolves
            ? Optional.of(new DisentangledEncoderSpec.Convolution(3, 2, Activation.TANH))
            : Optional.empty());
  }
}
