package dev.belay.graph.measure;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Norms that show what one step does to each variable, as one tensor. They are computed only in a
 * run that fetches them.
 *
 * @param variables names of the V variables that have a gradient, in the order of the columns
 * @param rows [3, V] of Euclidean norms: the gradient before the clip, the weight before the
 *     update, and the update itself, which is the weight after the step minus the weight before it,
 *     learning rate and decay included; 0 in a step whose update is not made
 */
public record VariableNorms(List<String> variables, Operand<TFloat32> rows) {
  /** The row of {@link #rows} that holds the norms of the gradients. */
  public static final int GRADIENT = 0;

  /** The row that holds the norms of the weights. */
  public static final int WEIGHT = 1;

  /** The row that holds the norms of the updates. */
  public static final int UPDATE = 2;

  /**
   * Adds the measures to the graph. The sums of squares over gradients equal those of a clip by
   * global norm; the runtime computes equal nodes once.
   *
   * <p>A run that fetches the updates keeps the old value of each weight until it is compared with
   * the new one, so it needs the memory of the weights a second time.
   *
   * @param gradients before the clip
   * @param updates of all variables
   * @param applied whether the update is made
   */
  public static VariableNorms of(
      Ops tf, List<Gradient> gradients, List<Op> updates, Operand<TBool> applied) {
    Ops after = tf.withControlDependencies(List.copyOf(updates));
    List<Operand<TFloat32>> ofGradients = new ArrayList<>();
    List<Operand<TFloat32>> ofWeights = new ArrayList<>();
    List<Operand<TFloat32>> ofUpdates = new ArrayList<>();
    for (Gradient gradient : gradients) {
      GraphVariable variable = gradient.variable();
      Operand<TFloat32> before = variable.value().expect(TFloat32.class);
      Operand<TFloat32> updated = after.readVariableOp(variable.handle(), TFloat32.class);
      ofGradients.add(tf.nn.l2Loss(gradient.value()));
      ofWeights.add(tf.nn.l2Loss(before));
      ofUpdates.add(tf.nn.l2Loss(tf.math.sub(updated, before)));
    }
    Operand<TFloat32> halfSquares =
        tf.stack(
            List.of(
                tf.stack(ofGradients),
                tf.stack(ofWeights),
                orZerosIfSkipped(tf, tf.stack(ofUpdates), applied)),
            Stack.axis(0L));
    return new VariableNorms(
        gradients.stream().map(gradient -> gradient.variable().name()).toList(),
        tf.math.sqrt(tf.math.mul(halfSquares, tf.constant(2f))));
  }

  /**
   * A node that waits for an update that is not made is dead, and a dead tensor cannot be fetched.
   */
  private static Operand<TFloat32> orZerosIfSkipped(
      Ops tf, Operand<TFloat32> updates, Operand<TBool> applied) {
    Operand<TBool> skipped = tf.switchCond(applied, applied).outputFalse();
    long variables = updates.shape().get(0);
    Operand<TFloat32> zeros =
        tf.withControlDependencies(List.of(tf.identity(skipped)))
            .constant(new float[Math.toIntExact(variables)]);
    return tf.merge(List.of(updates, zeros)).output();
  }
}
