package dev.belay.graph.loss;

import java.util.List;
import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * Finds the logit behind the probability of the second of two classes, the output of a Keras model
 * with one sigmoid output, and computes the logits of both classes: the softmax of {@code [0, z]}
 * is {@code [1 - sigmoid(z), sigmoid(z)]}, so its cross entropy is the binary one.
 */
public final class FinalSigmoid {
  private FinalSigmoid() {}

  /**
   * The logits of both classes, [B, 2], if the output is directly that of a sigmoid.
   *
   * @param tf where new nodes go
   * @param probability [B, 1]
   */
  public static Optional<Output<?>> logitsBehind(Ops tf, Output<?> probability) {
    boolean column = probability.shape().numDimensions() == 2 && probability.shape().get(1) == 1;
    return logitsBehind(probability).filter(logit -> column).map(logit -> both(tf, logit));
  }

  /**
   * The logits of labels that do not exclude each other, if the output is directly that of a
   * sigmoid.
   *
   * @param probabilities [B, C]
   * @return [B, C]
   */
  public static Optional<Output<?>> logitsBehind(Output<?> probabilities) {
    GraphOperation operation = (GraphOperation) probabilities.op();
    while (operation.type().equals("Identity")) {
      operation = (GraphOperation) operation.input(0).op();
    }
    return operation.type().equals("Sigmoid") ? Optional.of(operation.input(0)) : Optional.empty();
  }

  private static <T extends TType> Output<?> both(Ops tf, Output<T> logit) {
    Operand<T> zero = tf.zerosLike(logit);
    return tf.concat(List.of(zero, logit), tf.constant(1)).asOutput();
  }
}
