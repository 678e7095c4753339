package dev.belay.graph.loss;

import dev.belay.graph.gradient.UntrainableModelException;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Adds the losses of a model's layers to that of its task: losses of regularizers, which depend on
 * no batch, and of activities, which are means over a batch.
 *
 * <p>As in Keras, the total loss is the mean of the task's loss plus the sum of these. In the form
 * of a sum and a weight, a part of a batch counts {@code w} of {@code W} labels, and adds its sum
 * and {@code w} times its own losses; divided by {@code W}, a regularizer counts once, however many
 * parts there are, and an activity counts as the mean over the whole.
 */
public final class ModelLosses {
  private ModelLosses() {}

  /**
   * The loss of a task with these added.
   *
   * @param losses scalars of any floating-point type
   * @throws UntrainableModelException if one is no scalar
   */
  public static LossTensors add(Ops tf, LossTensors task, List<Output<?>> losses) {
    if (losses.isEmpty()) {
      return task;
    }
    Ops added = tf.withSubScope("model_losses");
    List<Operand<TFloat32>> scalars = new ArrayList<>();
    for (Output<?> loss : losses) {
      requireScalar(loss);
      scalars.add(added.reshape(Losses.float32(added, loss), added.constant(new int[0]))); // []
    }
    Operand<TFloat32> all = scalars.size() == 1 ? scalars.get(0) : added.math.addN(scalars);
    Operand<TFloat32> sum = added.math.add(task.sum(), added.math.mul(task.count(), all));
    return task.withSum(sum, Losses.mean(added, sum, task.weight()));
  }

  private static void requireScalar(Output<?> loss) {
    Shape shape = loss.shape();
    if (!shape.isUnknown() && !shape.hasUnknownDimension() && shape.size() != 1) {
      throw new UntrainableModelException(
          "A loss that the model adds, "
              + loss.op().name()
              + ", has the shape "
              + shape
              + ", where Keras adds up scalars. --model-losses off trains without such losses.");
    }
  }
}
