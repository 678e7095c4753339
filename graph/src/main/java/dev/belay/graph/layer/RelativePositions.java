package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Position bias of attention, arXiv 1910.10683: distances between tokens fall into buckets, one for
 * each short distance and wider ones for long distances, and each head learns one number for each
 * bucket.
 *
 * @param table [buckets, A]
 * @param buckets buckets of the distances
 */
public record RelativePositions(Operand<TFloat32> table, Buckets buckets) {

  /**
   * Buckets of distances.
   *
   * @param count of buckets, even
   * @param farthest distance; it and all larger ones share the last bucket
   * @param bidirectional whether a token attends in both directions, with half of the buckets for
   *     each
   */
  public record Buckets(int count, int farthest, boolean bidirectional) {
    public Buckets {
      int near = (bidirectional ? count / 2 : count) / 2;
      if (near < 1 || farthest <= near) {
        throw new IllegalArgumentException(
            "Relative positions need at least "
                + (bidirectional ? 4 : 2)
                + " buckets, and a farthest distance beyond the "
                + near
                + " that have a bucket of their own; found "
                + count
                + " buckets and the distance "
                + farthest
                + ".");
      }
    }

    /** The bucket of a key's position minus the query's, by the formula of T5. */
    int of(int relative) {
      int own = bidirectional ? count / 2 : count;
      int first = bidirectional && relative > 0 ? own : 0;
      int distance = bidirectional ? Math.abs(relative) : Math.max(-relative, 0);
      int near = own / 2;
      if (distance < near) {
        return first + distance;
      }
      double share = Math.log((double) distance / near) / Math.log((double) farthest / near);
      return first + Math.min(near + (int) (share * (own - near)), own - 1);
    }

    /** The buckets of {@code -farthest} to {@code farthest}. */
    private int[] all() {
      int[] all = new int[2 * farthest + 1];
      for (int i = 0; i < all.length; i++) {
        all[i] = of(i - farthest);
      }
      return all;
    }
  }

  /** With {@code NAME.weight}. */
  public static RelativePositions declare(
      Parameters parameters, String name, Buckets buckets, int heads) {
    return new RelativePositions(
        parameters.within(name).table("weight", buckets.count(), heads), buckets);
  }

  /**
   * The terms added to the products of each head.
   *
   * @param length T, any
   * @return [1, A, T, T]
   */
  public Operand<TFloat32> bias(Ops tf, Operand<TInt32> length) {
    return bias(tf, length, length);
  }

  /**
   * The terms of the first queries alone.
   *
   * @param queries Q, at most T
   * @param length T
   * @return [1, A, Q, T]
   */
  public Operand<TFloat32> bias(Ops tf, Operand<TInt32> queries, Operand<TInt32> length) {
    return of(tf, tf.range(tf.constant(0), queries, tf.constant(1)), length);
  }

  /**
   * The terms of the last tokens alone.
   *
   * @param queries Q, at most T
   * @param length T
   * @return [1, A, Q, T]
   */
  public Operand<TFloat32> biasAtEnd(Ops tf, Operand<TInt32> queries, Operand<TInt32> length) {
    return of(tf, tf.range(tf.math.sub(length, queries), length, tf.constant(1)), length);
  }

  /** The terms of tokens at these positions, [Q]. */
  private Operand<TFloat32> of(Ops tf, Operand<TInt32> asked, Operand<TInt32> length) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> keys = tf.range(zero, length, one); // [T]
    Operand<TInt32> relative = tf.math.sub(keys, tf.expandDims(asked, one)); // [Q, T]
    Operand<TInt32> farthest = tf.constant(buckets.farthest());
    Operand<TInt32> cut = tf.clipByValue(relative, tf.constant(-buckets.farthest()), farthest);
    Operand<TInt32> bucket =
        tf.gather(tf.constant(buckets.all()), tf.math.add(cut, farthest), zero); // [Q, T]
    Operand<TFloat32> numbers = tf.gather(table, bucket, zero); // [Q, T, A]
    return tf.expandDims(
        tf.linalg.transpose(numbers, tf.constant(new int[] {2, 0, 1})), zero); // [1, A, Q, T]
  }
}
