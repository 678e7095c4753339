package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Update that consists of several passes over parts of its batch. Each pass adds the gradients of
 * its part to float32 accumulators. Since every part's loss is its sum divided by the weight of the
 * whole, which is fed, the accumulators hold the gradient of the whole without another division.
 *
 * <p>They are empty between updates, so they are not part of a checkpoint.
 *
 * @param gradients of the whole update
 * @param lossSum of the whole update, scalar
 * @param loss mean of the whole update, scalar
 * @param accumulators empty for a batch in one pass
 */
public record MicroBatches(
    List<Gradient> gradients,
    Operand<TFloat32> lossSum,
    Operand<TFloat32> loss,
    Optional<Accumulators> accumulators) {

  /**
   * Nodes that several passes need.
   *
   * @param adds adds one pass to the accumulators
   * @param addLoss adds a loss to its accumulator
   * @param slots the accumulators
   */
  public record Accumulators(List<Op> adds, Op addLoss, Slots slots) {

    /** Empties them. */
    public List<Op> reset(Ops after) {
      List<Op> resets = new ArrayList<>();
      for (GraphVariable slot : slots.variables()) {
        resets.add(
            after.assignVariableOp(
                slot.handle(),
                after.fill(after.constant(slot.spec().shape().asArray()), after.constant(0f))));
      }
      return resets;
    }
  }

  /** The whole batch in one pass: nothing is added to the graph. */
  public static MicroBatches one(List<Gradient> gradients, LossTensors loss) {
    return new MicroBatches(gradients, loss.sum(), loss.mean(), Optional.empty());
  }

  /** Accumulators for these gradients and this loss, which each pass adds. */
  public static MicroBatches several(Ops tf, List<Gradient> gradients, LossTensors loss) {
    return several(tf, gradients, loss, true);
  }

  /** Accumulators for these gradients, which each pass adds, and a loss that no pass adds. */
  public static MicroBatches cached(Ops tf, List<Gradient> gradients, LossTensors loss) {
    return several(tf, gradients, loss, false);
  }

  private static MicroBatches several(
      Ops tf, List<Gradient> gradients, LossTensors loss, boolean ofParts) {
    Slots slots = new Slots(tf);
    List<Op> adds = new ArrayList<>();
    List<Gradient> whole = new ArrayList<>();
    for (Gradient gradient : gradients) {
      GraphVariable sum = slots.zeros(gradient.variable(), "accumulated");
      adds.add(tf.assignAddVariableOp(sum.handle(), gradient.value()));
      whole.add(gradient.withValue(Slots.value(sum)));
    }
    GraphVariable lossSum = slots.scalar("loss/accumulated", 0);
    Op addLoss = tf.assignAddVariableOp(lossSum.handle(), loss.sum());
    if (ofParts) {
      adds.add(addLoss);
    }
    Operand<TFloat32> sum = Slots.value(lossSum);
    return new MicroBatches(
        whole, sum, mean(tf, sum, loss), Optional.of(new Accumulators(adds, addLoss, slots)));
  }

  /** The same update after stages that process its gradients and its loss. */
  public MicroBatches through(Ops tf, List<GradientStage> stages, LossTensors of) {
    GradientStage.Update update = new GradientStage.Update(gradients, lossSum);
    for (GradientStage stage : stages) {
      update = stage.apply(tf, update);
    }
    Operand<TFloat32> sum = update.lossSum();
    return new MicroBatches(
        update.gradients(), sum, sum == lossSum ? loss : mean(tf, sum, of), accumulators);
  }

  private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> sum, LossTensors loss) {
    return tf.math.div(sum, tf.math.maximum(loss.weight(), tf.constant(1f)));
  }

  /** The ops of a pass over a part, with the call's own updates; empty for a batch in one pass. */
  public Optional<Operation> pass(Ops tf, List<Operation> ofCall) {
    return accumulators.map(
        parts -> {
          List<Operation> all = new ArrayList<>(ofCall);
          parts.adds().forEach(add -> all.add(add.op()));
          return tf.withControlDependencyOps(all).noOp().op();
        });
  }
}
