package dev.belay.graph.imported.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.graph.TensorData;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

class IntegerPathsTest {
  private static final float[] HIDDEN = {3, 1, 2};

  @Test
  void theNativeGradientIsNotAskedForOpsBehindAnInteger() {
    // StringToNumber has no gradient in the native runtime, and needs none here.
    GraphDef graphDef;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> hidden = tf.withName("hidden").constant(HIDDEN);
      Operand<TString> length = tf.dtypes.asString(tf.shape(hidden)); // [1], "3"
      Operand<TFloat32> scale = tf.strings.toNumber(length);
      Operand<TInt64> largest = tf.math.argMax(hidden, tf.constant(0)); // 0
      Operand<TFloat32> position = tf.strings.toNumber(tf.dtypes.asString(largest));
      Operand<TFloat32> scaled =
          tf.math.mul(tf.math.mul(hidden, scale), tf.math.add(position, tf.constant(2f)));
      tf.withName("loss").sum(scaled, tf.constant(0));
      graphDef = graph.toGraphDef();
    }
    NodeGraph nodes = cut(graphDef);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(nodes.toGraphDef());
      assertArrayEquals(new float[] {6, 6, 6}, gradient(graph, session));
    }
  }

  /** A frozen table that rows of a number which follows from the hidden tokens are read of. */
  @Test
  void aLookupInAFrozenVariableNeedsNoGradient() {
    GraphDef graphDef;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> hidden = tf.withName("hidden").constant(HIDDEN);
      Operand<TInt64> largest = tf.math.argMax(hidden, tf.constant(0)); // 0
      Operand<TFloat32> row =
          tf.resourceGather(
              tf.withName("table").varHandleOp(TFloat32.class, Shape.of(2)),
              largest,
              TFloat32.class);
      tf.withName("loss").sum(tf.math.mul(hidden, row), tf.constant(0));
      graphDef = graph.toGraphDef();
    }
    NodeGraph nodes = cut(graphDef);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(nodes.toGraphDef());
      Ops tf = Ops.create(graph);
      session.run(
          tf.assignVariableOp(
              graph.operationOrThrow("table").output(0), tf.constant(new float[] {5, 7})));
      assertArrayEquals(new float[] {5, 5, 5}, gradient(graph, session));
    }
  }

  /** A loop that assigns a variable keeps its handle, and so hides whether it reads it. */
  @Test
  void nothingEndsBehindALoopWithTheHandleOfAVariableThatTrains() {
    assertEquals(1, endsBehindALoop(name -> false));
    assertEquals(0, endsBehindALoop("weight"::equals));
  }

  private static int endsBehindALoop(Predicate<String> trains) {
    NodeGraph nodes;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> hidden = tf.withName("hidden").constant(HIDDEN);
      tf.withName("length").size(hidden);
      tf.withName("weight").varHandleOp(TFloat32.class, Shape.of(3));
      tf.withName("zeros").constant(new float[3]);
      nodes = new NodeGraph(graph.toGraphDef());
    }
    List<DataType> types = List.of(DataType.DT_INT32, DataType.DT_FLOAT, DataType.DT_RESOURCE);
    nodes.put(
        Nodes.node("loop", "While", "length", "zeros", "weight")
            .putAttr("T", Loops.types(types))
            .putAttr("body", Loops.function("body"))
            .putAttr("cond", Loops.function("condition"))
            .build());
    nodes.put(
        Nodes.node("loss", "Mul", "hidden", "loop:1")
            .putAttr("T", Nodes.type(DataType.DT_FLOAT))
            .build());
    List<String> sources = List.of("hidden");
    IntegerPaths.end(nodes, sources, trains, new DifferentiablePath(nodes, sources));
    return nodes.nodes("StopGradient").size();
  }

  private static NodeGraph cut(GraphDef graphDef) {
    NodeGraph nodes = new NodeGraph(graphDef);
    new LoopGradients(body -> {}, name -> false, name -> false)
        .cut(nodes, List.of("hidden"), List.of("loss"));
    return nodes;
  }

  private static float[] gradient(Graph graph, Session session) {
    Output<?> gradient =
        graph
            .addGradients(
                graph.operationOrThrow("loss").output(0),
                new Output<?>[] {graph.operationOrThrow("hidden").output(0)})[0];
    try (Result result = session.runner().fetch(gradient).run()) {
      return TensorData.floats(result.get(0));
    }
  }
}
