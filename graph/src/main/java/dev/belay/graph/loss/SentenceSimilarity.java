package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.SoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Losses of vectors of texts. A batch of B examples has the vectors [G * B, H] of G texts each: of
 * all first texts, then of all second texts, and so on.
 *
 * <p>Examples without a score, {@link #NO_SCORE}, are ranked: the second text of each is the right
 * one among the second and further texts of the whole batch, by a cross entropy of the cosines
 * times a scale. This is {@code MultipleNegativesRankingLoss} of sentence-transformers, arXiv
 * 1705.00652. Otherwise the loss is the squared distance of the cosine of the first two texts from
 * the score, as in {@code CosineSimilarityLoss}. All examples of a batch are of one kind.
 *
 * <p>The labels are the scores, [B] float32. The weight is B.
 *
 * @param scale factor of the cosines before the softmax
 */
public record SentenceSimilarity(double scale) implements Loss {
  /** The label of an example that is ranked. */
  public static final float NO_SCORE = Float.NaN;

  private static final float SMALLEST_SQUARE = 1e-24f;

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    Placeholder<TFloat32> scores =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
    Operand<TFloat32> vectors = normalized(tf, Losses.float32(tf, output)); // [G * B, H]
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> batch = tf.size(scores);
    Operand<TInt32> rows = tf.gather(tf.shape(vectors), zero, zero);
    Operand<TFloat32> first = tf.gather(vectors, tf.range(zero, batch, one), zero); // [B, H]
    Operand<TFloat32> others = tf.gather(vectors, tf.range(batch, rows, one), zero);
    Operand<TBool> isRanked = tf.math.isNan(scores); // [B]
    Operand<TFloat32> ranked = tf.dtypes.cast(isRanked, TFloat32.class);
    Operand<TFloat32> unranked = tf.math.sub(tf.constant(1f), ranked);
    Operand<TFloat32> ranking = ranking(tf, first, others, batch); // [B]
    Operand<TFloat32> second =
        tf.gather(vectors, tf.range(batch, tf.math.add(batch, batch), one), zero);
    Operand<TFloat32> cosine = tf.reduceSum(tf.math.mul(first, second), one); // [B]
    Operand<TFloat32> known = tf.select(isRanked, tf.zerosLike(scores), scores);
    Operand<TFloat32> squares = tf.math.squaredDifference(cosine, known);
    // Both are finite, so that the gradient of the one that does not count is zero.
    Operand<TFloat32> each =
        tf.math.add(tf.math.mul(ranked, ranking), tf.math.mul(unranked, squares));
    return Losses.of(
        tf, scores.asOutput(), tf.reduceSum(each, zero), tf.dtypes.cast(batch, TFloat32.class));
  }

  /** Cross entropy of each first text, whose right one is at the same place, [B]. */
  private Operand<TFloat32> ranking(
      Ops tf, Operand<TFloat32> first, Operand<TFloat32> others, Operand<TInt32> batch) {
    Operand<TFloat32> cosines =
        tf.linalg.matMul(first, others, MatMul.transposeB(true)); // [B, (G - 1) * B]
    Operand<TFloat32> logits = tf.math.mul(cosines, tf.constant((float) scale));
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TFloat32> right =
        tf.oneHot(
            tf.range(zero, batch, one),
            tf.gather(tf.shape(others), zero, zero),
            tf.constant(1f),
            tf.constant(0f));
    return SoftmaxCrossEntropyWithLogits.create(tf.scope(), logits, right).loss();
  }

  private static Operand<TFloat32> normalized(Ops tf, Operand<TFloat32> vectors) {
    Operand<TFloat32> squares =
        tf.reduceSum(tf.math.square(vectors), tf.constant(1), ReduceSum.keepDims(true));
    return tf.math.mul(
        vectors, tf.math.rsqrt(tf.math.maximum(squares, tf.constant(SMALLEST_SQUARE))));
  }
}
