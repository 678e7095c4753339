package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * AutoClip, arXiv 2007.14469: the bound of the global norm is a percentile of the norms that the
 * run itself has seen, this update's included, so that the first update is never clipped. Between
 * two norms it is interpolated as numpy.percentile does.
 *
 * <p>Norms of 0 are not counted, since a bound of 0 would stop the training; nor are those of
 * updates that are not made. The last 10,000 are kept, in slots.
 *
 * @param percentile above 0, at most 100; at 100 nothing is clipped
 */
public record AutoClip(double percentile) implements ClipRule {
  static final int REMEMBERED = 10_000;

  public AutoClip {
    if (!(percentile > 0 && percentile <= 100)) {
      throw new IllegalArgumentException(
          "The percentile of automatic clipping must be above 0 and at most 100, such as 10; found "
              + percentile
              + ".");
    }
  }

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Slots mine = slots.within("auto_clip");
    GraphVariable norms = mine.zeros("norms", Shape.of(REMEMBERED));
    GraphVariable count = mine.scalar("count", 0);
    Operand<TFloat32> norm = GlobalNorm.of(tf, gradients);

    Operand<TFloat32> before = Slots.value(count); // scalar
    Operand<TFloat32> counts =
        tf.dtypes.cast(tf.math.greater(norm, tf.constant(0f)), TFloat32.class);
    Operand<TFloat32> after = tf.math.add(before, counts);
    Operand<TFloat32> size = tf.constant((float) REMEMBERED);
    Operand<TFloat32> places =
        tf.range(tf.constant(0f), size, tf.constant(1f)); // [REMEMBERED], exact below 2^24
    Operand<TBool> here =
        tf.math.logicalAnd(
            tf.math.equal(places, tf.math.floorMod(before, size)),
            tf.math.greater(counts, tf.constant(0f)));
    Operand<TFloat32> seen = tf.select(here, norm, Slots.value(norms)); // [REMEMBERED]
    Operand<TFloat32> known = tf.math.minimum(after, size);
    Operand<TFloat32> bound = percentileOf(tf, seen, places, known);

    Operand<TBool> bites = tf.math.greater(norm, bound);
    Operand<TFloat32> scale =
        tf.math.add(
            tf.select(bites, tf.math.div(bound, norm), tf.constant(1f)),
            tf.math.sub(norm, norm)); // NaN for a norm that is not finite
    return Clipped.byFactor(tf, gradients, norm, new Clipped.Factor(scale, bites))
        .remembering(List.of(new Clipped.Memory(norms, seen), new Clipped.Memory(count, after)));
  }

  /** The percentile of the first {@code known} of some numbers. */
  private Operand<TFloat32> percentileOf(
      Ops tf, Operand<TFloat32> numbers, Operand<TFloat32> places, Operand<TFloat32> known) {
    Operand<TFloat32> filled =
        tf.select(tf.math.less(places, known), numbers, tf.constant(Float.POSITIVE_INFINITY));
    Operand<TFloat32> sorted =
        tf.math.neg(tf.nn.topK(tf.math.neg(filled), tf.constant(REMEMBERED)).values());
    Operand<TFloat32> last = tf.math.maximum(tf.math.sub(known, tf.constant(1f)), tf.constant(0f));
    Operand<TFloat32> position = tf.math.mul(last, tf.constant((float) (percentile / 100)));
    Operand<TFloat32> low = tf.math.floor(position);
    Operand<TFloat32> below = at(tf, sorted, low);
    Operand<TFloat32> above = at(tf, sorted, tf.math.ceil(position));
    Operand<TFloat32> share = tf.math.sub(position, low);
    return tf.math.add(below, tf.math.mul(tf.math.sub(above, below), share));
  }

  private static Operand<TFloat32> at(Ops tf, Operand<TFloat32> sorted, Operand<TFloat32> place) {
    return tf.gather(sorted, tf.dtypes.cast(place, TInt32.class), tf.constant(0));
  }
}
