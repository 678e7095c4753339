package dev.belay.graph.adapter;

import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * First values of adapters, as in PEFT: A is drawn by Kaiming's uniform distribution with a = sqrt
 * 5, which is between -1 / sqrt(n) and 1 / sqrt(n) for n inputs, and B is 0. So a model with new
 * adapters computes what it computed without them.
 */
public final class FirstValues {
  /** Apart from the numbers by which other fresh weights are drawn. */
  private static final long FIRST_DRAW = 1_000_000;

  private FirstValues() {}

  /**
   * Adds the ops that initialize one adapter.
   *
   * @param tf must carry no control dependency
   */
  public static List<Operation> of(
      Ops tf, AdaptedWeight adapted, GraphVariable a, GraphVariable b, Draw draw) {
    double bound = 1 / Math.sqrt((double) WeightLayout.elements(adapted.layout().inputs()));
    Operand<TFloat32> unit =
        tf.random.statelessRandomUniform(
            tf.constant(a.spec().shape().asArray()),
            tf.constant(new long[] {draw.seed(), FIRST_DRAW + draw.order()}),
            TFloat32.class);
    Operand<TFloat32> drawn =
        tf.math.sub(
            tf.math.mul(unit, tf.constant((float) (2 * bound))), tf.constant((float) bound));
    Operand<TFloat32> zero = tf.fill(tf.constant(b.spec().shape().asArray()), tf.constant(0f));
    return List.of(
        tf.assignVariableOp(a.handle(), drawn).op(), tf.assignVariableOp(b.handle(), zero).op());
  }

  /**
   * Source of the values of A.
   *
   * @param seed of the run
   * @param order number of the adapter in its model
   */
  public record Draw(long seed, int order) {}
}
