package dev.belay.graph.loss;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceAll;
import org.tensorflow.op.nn.SoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** Computations that several losses share. */
final class Losses {
  private Losses() {}

  /** The output in float32, since a loss is summed in float32. */
  static Operand<TFloat32> float32(Ops tf, Operand<? extends TType> output) {
    if (output.type().equals(TFloat32.class)) {
      return output.asOutput().expect(TFloat32.class);
    }
    return tf.dtypes.cast(output, TFloat32.class);
  }

  /** A loss from its sum and the count that it is divided by. */
  static LossTensors of(Ops tf, Output<?> labels, Operand<TFloat32> sum, Operand<TFloat32> count) {
    Operand<TFloat32> weight = tf.placeholderWithDefault(count, Shape.scalar());
    return new LossTensors(labels, sum, weight, count, mean(tf, sum, weight), Optional.empty());
  }

  static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> sum, Operand<TFloat32> weight) {
    // A count is a whole number, so this only prevents a division by zero for an empty batch.
    return tf.math.div(sum, tf.math.maximum(weight, tf.constant(1f)));
  }

  /** Cross entropy of logits [.., C] with class numbers [..], where -100 means "not counted". */
  static LossTensors crossEntropy(Ops tf, Operand<TFloat32> logits) {
    Placeholder<TInt32> labels =
        tf.placeholder(TInt32.class, Placeholder.shape(labelShape(logits)));
    Operand<TInt32> classes = lastDimension(tf, logits); // []
    Operand<TFloat32> flatLogits =
        tf.reshape(logits, tf.stack(List.of(tf.constant(-1), classes))); // [N, C]
    return crossEntropy(tf, labels, new LossTensors.Choices(flatLogits, flat(tf, labels)));
  }

  /** The same, where the head computes only the tokens that count. */
  static LossTensors crossEntropyOfCounted(
      Ops tf, Output<?> features, UnaryOperator<Operand<TFloat32>> head) {
    Placeholder<TInt32> labels =
        tf.placeholder(TInt32.class, Placeholder.shape(features.shape().take(2))); // [B, T]
    Operand<TInt32> all = flat(tf, labels); // [N]
    Operand<TInt64> counted = tf.reshape(tf.where(counts(tf, all)), tf.constant(new int[] {-1}));
    int hidden = Math.toIntExact(features.shape().get(2));
    Operand<TFloat32> rows =
        tf.reshape(features.expect(TFloat32.class), tf.constant(new int[] {-1, hidden})); // [N, H]
    Operand<TInt32> axis = tf.constant(0);
    Operand<TFloat32> logits = head.apply(tf.gather(rows, counted, axis)); // [M, C]
    return crossEntropy(tf, labels, new LossTensors.Choices(logits, tf.gather(all, counted, axis)));
  }

  private static LossTensors crossEntropy(
      Ops tf, Operand<TInt32> placeholder, LossTensors.Choices choices) {
    Operand<TInt32> classes = lastDimension(tf, choices.logits()); // []
    Operand<TBool> counts = counts(tf, choices.labels());
    Operand<TInt32> checked =
        inRange(tf, choices.labels(), counts, classes); // a label out of range stops the run
    Operand<TFloat32> hot =
        tf.oneHot(checked, classes, tf.constant(1f), tf.constant(0f)); // [N, C], zeros for -100
    Operand<TFloat32> each =
        SoftmaxCrossEntropyWithLogits.create(tf.scope(), choices.logits(), hot).loss(); // [N]
    Operand<TFloat32> weights = tf.dtypes.cast(counts, TFloat32.class);
    Operand<TInt32> axis = tf.constant(0);
    return of(
            tf,
            placeholder.asOutput(),
            tf.reduceSum(tf.math.mul(each, weights), axis),
            tf.reduceSum(weights, axis))
        .withChoices(choices);
  }

  private static Operand<TInt32> flat(Ops tf, Operand<TInt32> labels) {
    return tf.reshape(labels, tf.constant(new int[] {-1}));
  }

  private static Operand<TBool> counts(Ops tf, Operand<TInt32> labels) {
    return tf.math.notEqual(labels, tf.constant(SparseSoftmaxCrossEntropy.IGNORED_LABEL));
  }

  private static Operand<TInt32> inRange(
      Ops tf, Operand<TInt32> labels, Operand<TBool> counts, Operand<TInt32> classes) {
    Operand<TBool> valid =
        tf.math.logicalAnd(
            tf.math.greaterEqual(labels, tf.constant(0)), tf.math.less(labels, classes));
    Operand<TBool> all =
        tf.reduceAll(
            tf.math.logicalOr(valid, tf.math.logicalNot(counts)),
            tf.constant(0),
            new ReduceAll.Options[0]);
    Op check =
        tf.assertThat(
            all,
            List.of(
                tf.constant(
                    SparseSoftmaxCrossEntropy.INVALID_LABEL
                        + " the model's classes (0 to classes - 1, or "
                        + SparseSoftmaxCrossEntropy.IGNORED_LABEL
                        + " for none). Classes:"),
                classes,
                tf.constant("Labels:"),
                labels));
    return tf.withControlDependencies(List.of(check)).identity(labels);
  }

  private static Operand<TInt32> lastDimension(Ops tf, Operand<TFloat32> tensor) {
    Operand<TInt32> shape = tf.shape(tensor);
    return tf.gather(shape, tf.math.sub(tf.size(shape), tf.constant(1)), tf.constant(0));
  }

  /** The shape of the logits without the classes. */
  private static Shape labelShape(Operand<TFloat32> logits) {
    Shape shape = logits.shape();
    return shape.isUnknown() ? shape : shape.take(shape.numDimensions() - 1);
  }
}
