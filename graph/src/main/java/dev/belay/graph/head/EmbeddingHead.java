package dev.belay.graph.head;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Head that makes one vector of a text, as the modules Pooling and Normalize of
 * sentence-transformers: features [B, T, H], or [B, H] of the first token alone, to [B, H]. It has
 * no weights of its own.
 *
 * @param mask 1 for tokens, anything else for padding, [B, T]
 * @param pooling of the tokens' features
 * @param normalized whether each vector is divided by its length
 * @param kept dense layers H to H of the files that it does not read, so that they are exported
 *     unchanged
 * @param weights their initialization
 */
public record EmbeddingHead(
    Output<?> mask, Pooling pooling, boolean normalized, List<String> kept, HeadWeights weights)
    implements Head {
  /** The square of torch's smallest divisor: {@code x / max(norm, 1e-12)}. */
  private static final float SMALLEST_SQUARE = 1e-24f;

  /** The rule that makes one row of the features of all tokens. */
  public enum Pooling {
    /** The mean over the tokens that are no padding. */
    MEAN,
    /** The first token. */
    FIRST,
    /** The last token that is no padding. */
    LAST
  }

  public EmbeddingHead {
    kept = List.copyOf(kept);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    int hidden = Math.toIntExact(features.shape().get(features.shape().numDimensions() - 1));
    HeadWeights frozen = new HeadWeights(weights.beginning(), variable -> false);
    Parameters parameters = frozen.parameters(tf);
    kept.forEach(layer -> Dense.declare(parameters, layer, hidden, hidden));
    return WeightedHead.of(
        parameters,
        weights.beginning().seed(),
        (pass, tokens) -> {
          Operand<TFloat32> pooled =
              switch (pooling) {
                case FIRST -> tokens;
                case MEAN -> TokenMean.of(pass.tf(), tokens, mask);
                case LAST -> last(pass.tf(), tokens, hidden);
              };
          return normalized ? normalize(pass.tf(), pooled) : pooled;
        });
  }

  private Operand<TFloat32> last(Ops tf, Operand<TFloat32> tokens, int hidden) {
    SequenceShape extent = SequenceShape.of(tf, tokens);
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> places = tf.range(zero, extent.length(), tf.constant(1)); // [T]
    Operand<TInt32> seen = TokenMean.seen(tf, mask);
    Operand<TInt32> last = tf.reduceMax(tf.math.mul(seen, places), tf.constant(1)); // [B]
    Operand<TInt32> begin =
        tf.range(zero, tf.math.mul(extent.batch(), extent.length()), extent.length()); // [B]
    Operand<TFloat32> rows = tf.reshape(tokens, tf.constant(new int[] {-1, hidden}));
    return tf.gather(rows, tf.math.add(begin, last), zero);
  }

  private static Operand<TFloat32> normalize(Ops tf, Operand<TFloat32> vectors) {
    Operand<TFloat32> squares =
        tf.reduceSum(tf.math.square(vectors), tf.constant(1), ReduceSum.keepDims(true)); // [B, 1]
    return tf.math.mul(
        vectors, tf.math.rsqrt(tf.math.maximum(squares, tf.constant(SMALLEST_SQUARE))));
  }
}
