package dev.belay.graph.probe;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.internal.Placement;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.UpdateRequest;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.math.Mean;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Owns a graph with the four computations on which a training step is based, all of them placed on
 * one device. Close it after the session that runs it.
 */
public final class ProbeGraph implements AutoCloseable {
  private static final int SIZE = 1024;
  private static final int CHECKED_ROWS = 8;
  private static final int TABLE_ROWS = 2000;
  private static final int LOOKUPS = 4096;
  private static final int WIDTH = 64;
  private static final int NORM_ROWS = 1024;
  private static final int NORM_WIDTH = 768;
  private static final float NORM_EPSILON = 1e-6f;

  private final Graph graph;
  private final List<Probe> probes;

  private ProbeGraph(Graph graph, String device) {
    this.graph = graph;
    Ops tf = Ops.create(graph).withSubScope("probe");
    probes = List.of(matmul(tf), gatherGradient(tf), layerNorm(tf), adam(tf));
    Placement.place(graph, device);
  }

  /**
   * The computations for a device.
   *
   * @param device such as {@code /device:CPU:0}
   */
  public static ProbeGraph on(String device) {
    Graph graph = new Graph();
    try {
      return new ProbeGraph(graph, device);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  /** The graph itself. */
  public Graph graph() {
    return graph;
  }

  /** The computations to run in it. */
  public List<Probe> probes() {
    return probes;
  }

  private static Probe matmul(Ops tf) {
    Probe.Feed left = floats(tf, Shape.of(SIZE, SIZE), PlainArithmetic.uniform(1, SIZE * SIZE));
    Probe.Feed right = floats(tf, Shape.of(SIZE, SIZE), PlainArithmetic.uniform(2, SIZE * SIZE));
    Operand<TFloat32> product = tf.linalg.matMul(tensor(left), tensor(right)); // [S, S]
    float[] expected = PlainArithmetic.matmul(left.floats(), right.floats(), SIZE, CHECKED_ROWS);
    return new Probe(
        "matmul",
        List.of("MatMul", "_MklMatMul", "_MklNativeMatMul"),
        List.of(left, right),
        List.of(),
        Optional.empty(),
        Probe.Check.of(product.asOutput(), expected),
        2.0 * SIZE * SIZE * SIZE);
  }

  /** Ids repeat, as words do: the gradient of a lookup must add up, in any order of threads. */
  private static Probe gatherGradient(Ops tf) {
    Lookup lookup = Lookup.in(tf.withSubScope("lookup"));
    float[] expected =
        PlainArithmetic.gatherGradient(
            lookup.ids().integers(), lookup.weights().floats(), TABLE_ROWS, WIDTH);
    return new Probe(
        "gather gradient",
        List.of("UnsortedSegmentSum"),
        lookup.feeds(),
        List.of(lookup.table().assign()),
        Optional.empty(),
        Probe.Check.of(lookup.gradient().value().asOutput(), expected),
        0);
  }

  private static Probe layerNorm(Ops tf) {
    Shape shape = Shape.of(NORM_ROWS, NORM_WIDTH);
    Probe.Feed rows = floats(tf, shape, PlainArithmetic.uniform(4, NORM_ROWS * NORM_WIDTH));
    Operand<TFloat32> x = tensor(rows); // [R, W]
    Operand<TInt32> axis = tf.constant(-1);
    Operand<TFloat32> mean = tf.math.mean(x, axis, Mean.keepDims(true));
    Operand<TFloat32> variance =
        tf.math.mean(tf.math.squaredDifference(x, mean), axis, Mean.keepDims(true)); // [R, 1]
    Operand<TFloat32> normed =
        tf.math.mul(
            tf.math.sub(x, mean),
            tf.math.rsqrt(tf.math.add(variance, tf.constant(NORM_EPSILON)))); // [R, W]
    return new Probe(
        "layer norm",
        List.of("Rsqrt", "Mean"),
        List.of(rows),
        List.of(),
        Optional.empty(),
        Probe.Check.of(
            normed.asOutput(), PlainArithmetic.layerNorm(rows.floats(), NORM_WIDTH, NORM_EPSILON)),
        0);
  }

  private static Probe adam(Ops tf) {
    Ops scope = tf.withSubScope("adam");
    Lookup lookup = Lookup.in(scope);
    PlainArithmetic.AdamNumbers numbers = new PlainArithmetic.AdamNumbers(1e-3, 0.9, 0.999, 1e-8);
    Slots slots = new Slots(scope.withSubScope("slots"));
    List<Operation> updates = new ArrayList<>();
    Adam.of(new Moments(numbers.beta1(), numbers.beta2(), numbers.epsilon()))
        .build(
            scope,
            new UpdateRequest(
                scope,
                List.of(lookup.gradient()),
                scope.constant((float) numbers.learningRate()),
                slots))
        .forEach(update -> updates.add(update.op()));
    Operation update = scope.withControlDependencyOps(updates).noOp().op();
    List<Operation> setUp = new ArrayList<>();
    setUp.add(lookup.table().assign());
    slots.initializers().forEach(op -> setUp.add(op.op()));
    float[] weights = lookup.values();
    float[] gradient =
        PlainArithmetic.gatherGradient(
            lookup.ids().integers(), lookup.weights().floats(), TABLE_ROWS, WIDTH);
    return new Probe(
        "Adam step",
        List.of("ResourceApplyAdam"),
        lookup.feeds(),
        setUp,
        Optional.of(update),
        Probe.Check.of(
            lookup.table().value(), PlainArithmetic.firstAdamStep(weights, gradient, numbers)),
        0);
  }

  /** Rows of a table, summed with weights, and the gradient of that sum by the table. */
  private record Lookup(
      GraphVariable table, Probe.Feed ids, Probe.Feed weights, Gradient gradient) {

    float[] values() {
      return PlainArithmetic.uniform(3, TABLE_ROWS * WIDTH);
    }

    List<Probe.Feed> feeds() {
      return List.of(
          ids, weights, Probe.Feed.of(table.newValue(), Shape.of(TABLE_ROWS, WIDTH), values()));
    }

    static Lookup in(Ops tf) {
      GraphVariable table =
          new Variables(tf)
              .create(
                  new VariableSpec("table", DataType.DT_FLOAT, Shape.of(TABLE_ROWS, WIDTH), true));
      Placeholder<TInt32> idsHere =
          tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(LOOKUPS)));
      Probe.Feed weights =
          floats(tf, Shape.of(LOOKUPS, WIDTH), PlainArithmetic.uniform(5, LOOKUPS * WIDTH));
      Operand<TFloat32> rows =
          tf.gather(table.value().expect(TFloat32.class), idsHere, tf.constant(0)); // [L, W]
      Operand<TFloat32> loss = tf.sum(tf.math.mul(rows, tensor(weights)), tf.array(0, 1)); // scalar
      Gradients gradients =
          Gradients.of(
              tf.withSubScope(NodeNames.GRADIENT), loss, List.of(table), List.of(), name -> false);
      int[] ids = new Random(6).ints(LOOKUPS, 0, TABLE_ROWS / 4).toArray();
      return new Lookup(
          table,
          new Probe.Feed(idsHere.asOutput(), Shape.of(LOOKUPS), IntBuffer.wrap(ids)),
          weights,
          gradients.gradients().get(0));
    }
  }

  private static Probe.Feed floats(Ops tf, Shape shape, float[] values) {
    Output<TFloat32> here = tf.placeholder(TFloat32.class, Placeholder.shape(shape)).asOutput();
    return Probe.Feed.of(here, shape, values);
  }

  private static Operand<TFloat32> tensor(Probe.Feed feed) {
    return feed.placeholder().expect(TFloat32.class);
  }

  @Override
  public void close() {
    graph.close();
  }
}
