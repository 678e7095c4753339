package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.belay.graph.TensorData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TFloat64;

/**
 * A small graph in float64 and what a rewrite made of it: both must give the same numbers, and the
 * native gradient of the second must be the central difference of the first.
 */
final class RewrittenGraph {
  private static final double STEP = 1e-5;
  private static final double GRADIENT_TOLERANCE = 1e-6;

  private final Map<String, double[]> values = new LinkedHashMap<>();
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final Map<String, Shape> declared = new LinkedHashMap<>();
  private final Random random = new Random(3);

  private GraphDef original;
  private NodeGraph rewritten;
  private String output;

  /** A placeholder of that shape with values between 0.3 and 1.7. */
  RewrittenGraph input(String name, long... shape) {
    return input(name, Shape.of(shape), Shape.of(shape));
  }

  /** The same, declared with another shape, such as one with unknown dimensions. */
  RewrittenGraph input(String name, Shape shape, Shape declaredShape) {
    double[] filled = new double[(int) shape.size()];
    for (int i = 0; i < filled.length; i++) {
      filled[i] = 0.3 + 1.4 * random.nextDouble();
    }
    return with(name, filled, shape, declaredShape);
  }

  RewrittenGraph with(String name, double[] filled, Shape shape, Shape declaredShape) {
    values.put(name, filled);
    shapes.put(name, shape);
    declared.put(name, declaredShape);
    return this;
  }

  /** Builds the graph from its placeholders, then rewrites it. */
  RewrittenGraph build(Function<Builder, Output<?>> body, GraphRewrite rewrite) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Builder builder = new Builder(tf);
      declared.forEach(
          (name, shape) ->
              builder.inputs.put(
                  name, tf.withName(name).placeholder(TFloat64.class, Placeholder.shape(shape))));
      Output<?> result = body.apply(builder);
      output = TensorName.of(result.op().name(), result.index());
      original = graph.toGraphDef();
    }
    rewritten = new NodeGraph(original);
    rewrite.rewrite(rewritten);
    return this;
  }

  NodeGraph rewritten() {
    return rewritten;
  }

  String output() {
    return rewritten.current(output);
  }

  /** What the rewritten graph gives. */
  double[] value() {
    return run(rewritten.toGraphDef(), output());
  }

  /** Both graphs give the same numbers. */
  RewrittenGraph sameValues(double tolerance) {
    assertArrayEquals(run(original, output), value(), tolerance);
    return this;
  }

  /** The native gradient by each input is the central difference of the original. */
  RewrittenGraph sameGradients(String... by) {
    double[] weights = new Random(5).doubles(value().length, 0.5, 2).toArray();
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(rewritten.toGraphDef());
      Ops tf = Ops.create(graph);
      Output<TFloat64> y = tensor(graph, output()).expect(TFloat64.class);
      Operand<TFloat64> flat = tf.reshape(y, tf.constant(new int[] {-1}));
      Operand<TFloat64> loss =
          tf.reduceSum(tf.math.mul(flat, tf.constant(weights)), tf.constant(0));
      Output<?>[] inputs = new Output<?>[by.length];
      for (int i = 0; i < by.length; i++) {
        inputs[i] = tensor(graph, by[i]);
      }
      Output<?>[] gradients = graph.addGradients(loss.asOutput(), inputs);
      for (int i = 0; i < by.length; i++) {
        assertNotNull(gradients[i], by[i]);
        assertFalse(gradients[i].isClosed(), "no gradient by " + by[i]);
        double[] expected = centralDifference(by[i], weights);
        double[] found = fetch(session, gradients[i]);
        assertEquals(expected.length, found.length);
        double scale = 1;
        for (int j = 0; j < expected.length; j++) {
          scale = Math.max(scale, Math.abs(expected[j]));
        }
        assertArrayEquals(expected, found, GRADIENT_TOLERANCE * scale, by[i]);
      }
    }
    return this;
  }

  private double[] centralDifference(String by, double[] weights) {
    double[] at = values.get(by);
    double[] difference = new double[at.length];
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(original);
      Output<?> y = tensor(graph, output);
      for (int i = 0; i < at.length; i++) {
        double middle = at[i];
        at[i] = middle + STEP;
        double up = dot(fetch(session, y), weights);
        at[i] = middle - STEP;
        double down = dot(fetch(session, y), weights);
        at[i] = middle;
        difference[i] = (up - down) / (2 * STEP);
      }
    }
    return difference;
  }

  private double[] run(GraphDef graphDef, String tensor) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(graphDef);
      return fetch(session, tensor(graph, tensor));
    }
  }

  private double[] fetch(Session session, Output<?> tensor) {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    values.forEach(
        (name, value) -> {
          fed.add(TensorData.of(shapes.get(name), value));
          runner.feed(name, fed.get(fed.size() - 1));
        });
    try (Result result = runner.fetch(tensor).run()) {
      return TensorData.doubles(result.get(0));
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  private static Output<?> tensor(Graph graph, String name) {
    return graph.operationOrThrow(TensorName.node(name)).output(TensorName.index(name));
  }

  /** The graph while it is being built. */
  static final class Builder {
    final Ops tf;
    private final Map<String, Placeholder<TFloat64>> inputs = new LinkedHashMap<>();

    private Builder(Ops tf) {
      this.tf = tf;
    }

    Placeholder<TFloat64> input(String name) {
      return inputs.get(name);
    }

    Output<?> op(String type, Consumer<OperationBuilder> attributes, Operand<?>... inputs) {
      var builder = tf.scope().opBuilder(type, type);
      for (Operand<?> input : inputs) {
        builder.addInput(input.asOutput());
      }
      attributes.accept(builder);
      return builder.build().output(0);
    }
  }
}
