package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;

/**
 * Numbers of the distances between tokens in DeBERTa, arXiv 2006.03654: each distance has its own,
 * or long distances share some, more of them the longer they are.
 *
 * @param span half of the numbers: those of tokens before, and those of tokens after
 * @param buckets 0: each distance has its own number, up to the span; else {@code span}, and
 *     distances beyond half of it share numbers
 * @param farthest distance that gets the last number but one, where they share some
 */
public record DistanceBuckets(int span, int buckets, int farthest) {
  /** Longest distance that is told from longer ones; no text is that long. */
  private static final int LONGEST = 1 << 14;

  public DistanceBuckets {
    if (span < 1 || (buckets > 0 && (buckets < 2 || farthest - 1 <= buckets / 2))) {
      throw new IllegalArgumentException(
          "Distances need a span of at least 1, and buckets, if there are any, at least 2 of them"
              + " and a farthest distance of more than half of them and 1; found the span "
              + span
              + ", "
              + buckets
              + " buckets and the distance "
              + farthest
              + ".");
    }
  }

  /** How many distances have a number. */
  public int count() {
    return 2 * span;
  }

  /**
   * The number of a distance.
   *
   * @param distance position of the query minus that of the key
   */
  int of(int distance) {
    return Math.max(0, Math.min(bucket(distance) + span, count() - 1));
  }

  /**
   * The formula of transformers, in float32 as there: where a logarithm falls on a whole number, a
   * more exact one would give another bucket.
   */
  private int bucket(int distance) {
    int near = buckets / 2;
    int far = Math.abs(distance);
    if (buckets == 0 || far <= near) {
      return distance;
    }
    float share = log((float) far / near) / log((float) ((farthest - 1) / (double) near));
    float numbered = (float) Math.ceil(share * (near - 1)) + near;
    return distance < 0 ? (int) -numbered : (int) numbered;
  }

  private static float log(float x) {
    return (float) Math.log(x);
  }

  /** The first distance from which on all have one number, in both directions. */
  private int last() {
    int last = buckets == 0 ? span : buckets / 2;
    while (last < LONGEST && (of(last) < count() - 1 || of(-last) > 0)) {
      last++;
    }
    return last;
  }

  /**
   * The numbers of distances.
   *
   * @param distances of any shape
   * @return numbers from 0 to {@code 2 span - 1}, of the same shape
   */
  Operand<TInt32> of(Ops tf, Operand<TInt32> distances) {
    int last = last();
    int[] all = new int[2 * last + 1];
    for (int i = 0; i < all.length; i++) {
      all[i] = of(i - last);
    }
    Operand<TInt32> cut = tf.clipByValue(distances, tf.constant(-last), tf.constant(last));
    return tf.gather(tf.constant(all), tf.math.add(cut, tf.constant(last)), tf.constant(0));
  }
}
