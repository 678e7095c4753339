package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;

/**
 * Adafactor, arXiv 1804.04235, as Hugging Face's trainer uses it: with an external learning rate,
 * no first moment and no scaling by the weights. The mean of squares of a kernel [.., R, C] is kept
 * as the means of its rows [.., R] and columns [.., C]; {@code b2 = 1 - t^-0.8}; the update's root
 * mean square is clipped to 1; decay is decoupled.
 */
public record Adafactor(DecayRule decay) implements Optimizer {
  private static final float SMALLEST_SQUARE = 1e-30f;
  private static final float DECAY_OF_BETA = -0.8f;
  private static final float LARGEST_RMS = 1f;

  /** Values shared by all variables. */
  private record Shared(
      Ops gated, Operand<TFloat32> learningRate, Operand<TFloat32> kept, Operand<TFloat32> rest) {}

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    Slots slots = request.slots();
    GraphVariable updates = slots.scalar("adafactor_updates", 0);
    Operand<TFloat32> one = tf.constant(1f);
    Operand<TFloat32> step = tf.math.add(Slots.value(updates), one);
    Operand<TFloat32> rest = tf.math.pow(step, tf.constant(DECAY_OF_BETA));
    Shared shared =
        new Shared(request.gated(), request.learningRate(), tf.math.sub(one, rest), rest);
    List<Op> all = new ArrayList<>();
    request.gradients().forEach(gradient -> all.addAll(update(tf, slots, shared, gradient)));
    all.add(request.gated().assignVariableOp(updates.handle(), step));
    return all;
  }

  /** None: means over all rows scale the update of each row. */
  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return OptionalDouble.empty();
  }

  private List<Op> update(Ops tf, Slots slots, Shared shared, Gradient gradient) {
    GraphVariable variable = gradient.variable();
    Operand<TFloat32> squares =
        tf.math.add(tf.math.square(gradient.value()), tf.constant(SMALLEST_SQUARE));
    List<Op> writes = new ArrayList<>();
    Operand<TFloat32> scaled =
        variable.spec().shape().numDimensions() >= 2
            ? factored(tf, slots, shared, new Squares(gradient, squares, writes))
            : whole(tf, slots, shared, new Squares(gradient, squares, writes));
    Operand<TFloat32> bounded =
        tf.math.div(
            scaled,
            tf.math.maximum(
                tf.math.div(rms(tf, scaled), tf.constant(LARGEST_RMS)), tf.constant(1f)));
    Operand<TFloat32> step = tf.math.mul(bounded, shared.learningRate());
    if (decay.decays(variable.name())) {
      Operand<TFloat32> lost =
          tf.math.mul(shared.learningRate(), tf.constant((float) decay.rate()));
      step = tf.math.add(step, tf.math.mul(variable.value().expect(TFloat32.class), lost));
    }
    writes.add(shared.gated().assignSubVariableOp(variable.handle(), step));
    return writes;
  }

  /** A gradient with its squares, and the scope of the writes to its slots. */
  private record Squares(Gradient gradient, Operand<TFloat32> squares, List<Op> writes) {
    Operand<TFloat32> remember(Ops tf, Shared shared, GraphVariable slot, Operand<TFloat32> seen) {
      Operand<TFloat32> next =
          tf.math.add(
              tf.math.mul(Slots.value(slot), shared.kept()), tf.math.mul(seen, shared.rest()));
      writes.add(shared.gated().assignVariableOp(slot.handle(), next));
      return next;
    }
  }

  private static Operand<TFloat32> factored(Ops tf, Slots slots, Shared shared, Squares of) {
    GraphVariable variable = of.gradient().variable();
    Shape shape = variable.spec().shape();
    int rank = shape.numDimensions();
    GraphVariable rowSlot = slots.zeros(variable.name() + "/adafactor_rows", shape.take(rank - 1));
    GraphVariable columnSlot =
        slots.zeros(
            variable.name() + "/adafactor_columns",
            shape.take(rank - 2).append(shape.get(rank - 1)));
    Operand<TFloat32> rows =
        of.remember(tf, shared, rowSlot, mean(tf, of.squares(), rank - 1)); // [.., R]
    Operand<TFloat32> columns =
        of.remember(tf, shared, columnSlot, mean(tf, of.squares(), rank - 2)); // [.., C]
    Operand<TFloat32> meanOfRows =
        tf.math.mean(rows, tf.constant(rank - 2), Mean.keepDims(true)); // [.., 1]
    Operand<TFloat32> rowFactor =
        tf.expandDims(tf.math.rsqrt(tf.math.div(rows, meanOfRows)), tf.constant(-1)); // [.., R, 1]
    Operand<TFloat32> columnFactor =
        tf.expandDims(tf.math.rsqrt(columns), tf.constant(-2)); // [.., 1, C]
    return tf.math.mul(of.gradient().value(), tf.math.mul(rowFactor, columnFactor));
  }

  private static Operand<TFloat32> whole(Ops tf, Slots slots, Shared shared, Squares of) {
    GraphVariable slot = slots.zeros(of.gradient().variable(), "adafactor_squares");
    return tf.math.mul(
        of.gradient().value(), tf.math.rsqrt(of.remember(tf, shared, slot, of.squares())));
  }

  private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> tensor, int axis) {
    return tf.math.mean(tensor, tf.constant(axis));
  }

  private static Operand<TFloat32> rms(Ops tf, Operand<TFloat32> tensor) {
    Operand<TFloat32> flat = tf.reshape(tensor, tf.constant(new int[] {-1}));
    return tf.math.sqrt(tf.math.mean(tf.math.square(flat), tf.constant(0)));
  }
}
