package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradients;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Gradient of a loss that compares all rows of a batch, such as vectors of texts, by a model of
 * which only a part of the batch is in memory at a time: GradCache, arXiv 2101.06983.
 *
 * <p>An update consists of three kinds of passes. The first kind computes the rows of each part, N
 * of R, and keeps nothing else. The second computes loss and gradient of all rows. The third
 * computes each part again and continues the gradient of its rows to the weights, where the parts
 * are accumulated.
 *
 * @param rows of the model
 * @param gradient of the loss by all rows, [R, H]
 * @param ofPart placeholder of the third pass for the gradient of its rows, [N, H]
 * @param continuation scalar whose gradient by a weight is that of the loss through the part
 */
public record CachedGradient(
    Rows rows,
    Operand<TFloat32> gradient,
    Placeholder<TFloat32> ofPart,
    Operand<TFloat32> continuation) {

  /**
   * Rows of the model.
   *
   * @param part those that a pass computes, [N, H]
   * @param all placeholder for those of all passes, which the loss reads, [R, H]
   */
  public record Rows(Operand<TFloat32> part, Placeholder<TFloat32> all) {}

  /** Adds a placeholder for the rows of all passes. */
  public static Rows rows(Ops tf, Operand<TFloat32> part) {
    return new Rows(part, placeholder(tf, part));
  }

  /**
   * Adds the gradient.
   *
   * @param loss scalar, computed from all rows
   */
  public static CachedGradient of(Ops tf, Rows rows, Operand<TFloat32> loss) {
    List<Output<?>> all = List.of(rows.all().asOutput());
    Operand<TFloat32> gradient =
        Gradients.of(tf, List.of(loss.asOutput()), null, all, List.of())
            .get(0)
            .asOutput()
            .expect(TFloat32.class);
    Placeholder<TFloat32> ofPart = placeholder(tf, rows.part());
    Operand<TFloat32> products = tf.math.mul(rows.part(), ofPart); // [N, H]
    Operand<TInt32> axes = tf.constant(new int[] {0, 1});
    return new CachedGradient(rows, gradient, ofPart, tf.reduceSum(products, axes));
  }

  private static Placeholder<TFloat32> placeholder(Ops tf, Operand<TFloat32> part) {
    long width = part.shape().get(1);
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, width)));
  }
}
