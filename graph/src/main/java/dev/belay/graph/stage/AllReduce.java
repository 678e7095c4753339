package dev.belay.graph.stage;

import dev.belay.graph.collective.Collective;
import dev.belay.graph.collective.StopFlag;
import dev.belay.graph.collective.WorkerClock;
import dev.belay.graph.gradient.Gradient;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Adds up the gradients and the loss of all replicas. Each replica's loss is its sum divided by the
 * weight of the whole batch, so the sum over replicas is the gradient of the whole, and nothing is
 * divided again. One collective for each bucket of gradients: few large ones are faster than many
 * small ones, and several can be under way while later gradients are still computed. The loss is in
 * the first bucket.
 *
 * @param replicas at least 2
 * @param bucketBytes size at which a bucket is closed
 * @param timeoutSeconds for replicas in several processes, how long one waits for the others; such
 *     replicas also have a {@link StopFlag}. 0: all replicas are in this process
 */
public record AllReduce(int replicas, long bucketBytes, float timeoutSeconds)
    implements GradientStage {
  /** Large enough for few collectives, small enough for some to run while gradients still come. */
  public static final long DEFAULT_BUCKET_BYTES = 4L << 20;

  private static final int GROUP_KEY = 1;
  private static final int FIRST_BUCKET_KEY = 1;

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

  /** Of replicas in this process. */
  public AllReduce(int replicas, long bucketBytes) {
    this(replicas, bucketBytes, 0);
  }

  @Override
  public Update apply(Ops tf, Update update) {
    Graph graph = (Graph) tf.scope().env();
    List<Operand<TFloat32>> first = new ArrayList<>(List.of(update.lossSum()));
    if (timeoutSeconds > 0) {
      first.add(StopFlag.request(graph));
    }
    List<Gradient> sums = new ArrayList<>();
    List<Operand<TFloat32>> scalars = new ArrayList<>();
    List<Op> all = new ArrayList<>(first);
    int key = FIRST_BUCKET_KEY;
    for (List<Gradient> bucket : buckets(update.gradients())) {
      List<Operand<TFloat32>> values = new ArrayList<>(key == FIRST_BUCKET_KEY ? first : List.of());
      List<Shape> shapes = new ArrayList<>(values.stream().map(value -> Shape.scalar()).toList());
      int own = values.size();
      bucket.forEach(gradient -> values.add(gradient.value()));
      bucket.forEach(gradient -> shapes.add(gradient.variable().spec().shape()));
      List<Operand<TFloat32>> reduced = reduce(tf, values, shapes, key++);
      scalars.addAll(reduced.subList(0, own));
      bucket.forEach(gradient -> all.add(gradient.value()));
      for (int i = 0; i < bucket.size(); i++) {
        sums.add(bucket.get(i).withValue(reduced.get(own + i)));
      }
    }
    if (timeoutSeconds > 0) {
      StopFlag.requests(graph, scalars.get(1));
      List<Op> reduced = new ArrayList<>(scalars);
      sums.forEach(sum -> reduced.add(sum.value()));
      WorkerClock.add(graph, all, reduced);
    }
    return new Update(sums, scalars.get(0));
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
      bytes += gradient.variable().spec().shape().size() * Float.BYTES;
    }
    return buckets;
  }

  /** One collective of all these values, which have these shapes. */
  private List<Operand<TFloat32>> reduce(
      Ops tf, List<Operand<TFloat32>> values, List<Shape> shapes, int key) {
    List<Operand<TFloat32>> flat = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      flat.add(tf.reshape(values.get(i), tf.constant(new int[] {size(shapes.get(i))})));
    }
    Operand<TFloat32> joined = flat.size() == 1 ? flat.get(0) : tf.concat(flat, tf.constant(0));
    Operand<TFloat32> sum =
        new Collective(replicas, GROUP_KEY, timeoutSeconds).sum(tf, joined, key); // [all sizes]
    List<Operand<TFloat32>> sums = new ArrayList<>();
    int begin = 0;
    for (Shape shape : shapes) {
      Operand<TFloat32> part =
          tf.slice(sum, tf.constant(new int[] {begin}), tf.constant(new int[] {size(shape)}));
      sums.add(tf.reshape(part, tf.constant(shape.asArray())));
      begin += size(shape);
    }
    return sums;
  }

  private static int size(Shape shape) {
    return Math.toIntExact(shape.size());
  }
}
