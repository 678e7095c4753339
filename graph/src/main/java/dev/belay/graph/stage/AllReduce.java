package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Adds up the gradients and the loss of all replicas. Each replica's loss is its sum divided by the
 * weight of the whole batch, so the sum over replicas is the gradient of the whole, and nothing is
 * divided again. One collective for each bucket of gradients: few large ones are faster than many
 * small ones, and several can be under way while later gradients are still computed.
 *
 * @param replicas at least 2
 * @param bucketBytes size at which a bucket is closed
 */
public record AllReduce(int replicas, long bucketBytes) implements GradientStage {
  /** Large enough for few collectives, small enough for some to run while gradients still come. */
  public static final long DEFAULT_BUCKET_BYTES = 4L << 20;

  private static final int GROUP_KEY = 1;
  private static final int LOSS_KEY = 1;
  private static final int FIRST_BUCKET_KEY = 2;

  public AllReduce {
    if (replicas < 2 || bucketBytes < 1) {
      throw new IllegalArgumentException(
          "Gradients are added up over at least 2 replicas, in buckets of at least 1 byte; found "
              + replicas
              + " and "
              + bucketBytes
              + ".");
    }
  }

  @Override
  public List<Gradient> apply(Ops tf, List<Gradient> gradients) {
    List<Gradient> sums = new ArrayList<>();
    int key = FIRST_BUCKET_KEY;
    for (List<Gradient> bucket : buckets(gradients)) {
      sums.addAll(reduce(tf, bucket, key++));
    }
    return sums;
  }

  @Override
  public Operand<TFloat32> lossSum(Ops tf, Operand<TFloat32> sum) {
    return collective(tf, sum, LOSS_KEY);
  }

  private List<List<Gradient>> buckets(List<Gradient> gradients) {
    List<List<Gradient>> buckets = new ArrayList<>();
    long bytes = bucketBytes;
    for (Gradient gradient : gradients) {
      if (bytes >= bucketBytes) {
        buckets.add(new ArrayList<>());
        bytes = 0;
      }
      buckets.get(buckets.size() - 1).add(gradient);
      bytes += size(gradient) * Float.BYTES;
    }
    return buckets;
  }

  private List<Gradient> reduce(Ops tf, List<Gradient> bucket, int key) {
    List<Operand<TFloat32>> flat = new ArrayList<>();
    int[] sizes = new int[bucket.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.toIntExact(size(bucket.get(i)));
      flat.add(tf.reshape(bucket.get(i).value(), tf.constant(new int[] {sizes[i]})));
    }
    Operand<TFloat32> joined = sizes.length == 1 ? flat.get(0) : tf.concat(flat, tf.constant(0));
    Operand<TFloat32> sum = collective(tf, joined, key); // [all sizes]
    List<Gradient> sums = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < sizes.length; i++) {
      Gradient gradient = bucket.get(i);
      Operand<TFloat32> part =
          tf.slice(sum, tf.constant(new int[] {begin}), tf.constant(new int[] {sizes[i]}));
      Shape shape = gradient.variable().spec().shape();
      sums.add(gradient.withValue(tf.reshape(part, tf.constant(shape.asArray()))));
      begin += sizes[i];
    }
    return sums;
  }

  private static long size(Gradient gradient) {
    return gradient.variable().spec().shape().size();
  }

  private Operand<TFloat32> collective(Ops tf, Operand<TFloat32> value, int key) {
    Operand<TInt32> groupSize = tf.constant(replicas);
    Operand<TInt32> groupKey = tf.constant(GROUP_KEY);
    Operand<TInt32> instanceKey = tf.constant(key);
    return tf.scope()
        .opBuilder("CollectiveReduceV2", "AllReduce")
        .addInput(value.asOutput())
        .addInput(groupSize.asOutput())
        .addInput(groupKey.asOutput())
        .addInput(instanceKey.asOutput())
        .addInputList(new Output<?>[0])
        .setAttr("merge_op", "Add")
        .setAttr("final_op", "Id")
        .setAttr("communication_hint", "auto")
        .setAttr("timeout_seconds", 0f)
        .build()
        .<TFloat32>output(0);
  }
}
