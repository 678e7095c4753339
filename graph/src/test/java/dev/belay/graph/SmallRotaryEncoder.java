package dev.belay.graph;

import dev.belay.graph.encoder.RotaryEncoderSpec;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.RotaryPositions;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** A ModernBERT of three blocks, the second of which sees near tokens alone. */
public final class SmallRotaryEncoder {
  private SmallRotaryEncoder() {}

  /**
   * Its specification.
   *
   * @param hidden H, a multiple of 4
   * @param biased whether every layer has a bias
   */
  public static RotaryEncoderSpec spec(int vocabulary, int hidden, boolean biased) {
    int size = hidden / 2;
    return new RotaryEncoderSpec(
        new RotaryEncoderSpec.Sizes(vocabulary, hidden, 3, 2, 6),
        new RotaryEncoderSpec.Attention(positions(size, 1f), positions(size, 0.3f), 1, Set.of(1)),
        new RotaryEncoderSpec.Biases(biased, biased, biased),
        OptionalInt.of(1),
        Activation.GELU,
        1e-5,
        new RotaryEncoderSpec.Rates(0.1, 0.2, 0.3));
  }

  private static RotaryPositions positions(int size, float first) {
    List<Float> each = Stream.iterate(first, one -> one / 3).limit(size / 2).toList();
    return new RotaryPositions(size, new RotaryPositions.Fixed(each), 1);
  }
}
