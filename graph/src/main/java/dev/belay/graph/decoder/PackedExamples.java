package dev.belay.graph.decoder;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.SequenceShape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Several examples in one row: none sees another, and the positions of each count from 0.
 *
 * @param places positions of the tokens, [B, T]
 * @param bias hides other examples and later tokens, [B, 1, T, T]
 */
record PackedExamples(Operand<TInt32> places, Operand<TFloat32> bias) {

  /**
   * The examples of a batch.
   *
   * @param numbers of each token's example in its row, 0 for padding, [B, T]
   */
  static PackedExamples of(Ops tf, Operand<TInt32> numbers, SequenceShape extent) {
    Operand<TInt32> one = tf.constant(1);
    Operand<TBool> same =
        tf.math.equal(
            tf.expandDims(numbers, tf.constant(2)), tf.expandDims(numbers, one)); // [B, T, T]
    Operand<TInt32> tokens = tf.range(tf.constant(0), extent.length(), one); // [T]
    Operand<TBool> before =
        tf.math.less(tokens, tf.expandDims(tokens, one)); // [T, T], keys before queries
    Operand<TInt32> places =
        tf.sum(tf.dtypes.cast(tf.math.logicalAnd(same, before), TInt32.class), tf.constant(2));
    Operand<TBool> later = tf.math.greater(tokens, tf.expandDims(tokens, one)); // [T, T]
    Operand<TFloat32> hidden =
        tf.dtypes.cast(
            tf.math.logicalOr(tf.math.logicalNot(same), later), TFloat32.class); // [B, T, T]
    return new PackedExamples(places, tf.expandDims(AttentionBias.hide(tf, hidden), one));
  }
}
