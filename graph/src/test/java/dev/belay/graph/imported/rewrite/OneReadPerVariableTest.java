package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.graph.TensorData;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

class OneReadPerVariableTest {
  private static final float[][] TABLE = {{1, 2}, {3, 4}, {5, 6}};

  @Test
  void theGradientCountsEveryUseOfATable() {
    GraphDef graphDef;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<? extends TType> handle = handle(tf, "table");
      Operand<TFloat32> rows =
          tf.resourceGather(handle, tf.constant(new int[] {2, 0, 2}), TFloat32.class); // [3, 2]
      Operand<TFloat32> element =
          tf.resourceGatherNd(handle, tf.constant(new int[][] {{1, 1}}), TFloat32.class); // [1]
      Operand<TFloat32> whole = tf.readVariableOp(tf.identity(handle), TFloat32.class);
      Operand<TFloat32> again = tf.readVariableOp(handle, TFloat32.class);
      Operand<TFloat32> tied = tf.math.mul(sum(tf, whole), sum(tf, again));
      tf.withName("loss")
          .math
          .addN(List.of(sum(tf, rows), tf.math.mul(sum(tf, element), tf.constant(10f)), tied));
      graphDef = graph.toGraphDef();
    }
    NodeGraph nodes = new NodeGraph(graphDef);
    OneReadPerVariable rewrite = new OneReadPerVariable(List.of("table"));
    rewrite.rewrite(nodes);
    assertEquals(Map.of("table", "table/belay_read"), rewrite.reads());
    assertEquals(1, nodes.nodes("ReadVariableOp").size());
    nodes.prune(List.of("loss"));
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(nodes.toGraphDef());
      Ops tf = Ops.create(graph);
      session.run(
          tf.assignVariableOp(graph.operationOrThrow("table").output(0), tf.constant(TABLE)));
      Output<?> gradient =
          graph
              .addGradients(
                  graph.operationOrThrow("loss").output(0),
                  new Output<?>[] {graph.operationOrThrow("table/belay_read").output(0)})[0];
      try (Result result = session.runner().fetch("loss").fetch(gradient).run()) {
        assertEquals((11 + 3 + 11) + 40 + 21 * 21, TensorData.scalar(result.get(0)));
        // 2 x 21 from the product, 1 for each lookup of a row, 10 for the element
        assertArrayEquals(new float[] {43, 43, 42, 52, 44, 44}, TensorData.floats(result.get(1)));
      }
    }
  }

  @Test
  void frozenVariablesKeepTheirReads() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<? extends TType> handle = handle(tf, "table");
      tf.readVariableOp(handle, TFloat32.class);
      tf.resourceGather(handle, tf.constant(1), TFloat32.class);
      NodeGraph nodes = new NodeGraph(graph.toGraphDef());
      OneReadPerVariable rewrite = new OneReadPerVariable(List.of());
      rewrite.rewrite(nodes);
      assertEquals(Map.of(), rewrite.reads());
      assertEquals(graph.toGraphDef().getNodeList(), nodes.nodes());
    }
  }

  @Test
  void aVariableThatTheForwardPassWritesIsRefused() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      NodeGraph nodes = new NodeGraph(graphWithInit(graph, tf));
      assertEquals(
          "The model's forward pass changes variables that should train, so that there is no one"
              + " value to take a gradient by: table (by AssignVariableOp init). Freeze them, or"
              + " train through a function that does not assign them.",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new OneReadPerVariable(List.of("table")).rewrite(nodes))
              .getMessage());
    }
  }

  private static GraphDef graphWithInit(Graph graph, Ops tf) {
    Operand<? extends TType> handle = handle(tf, "table");
    tf.withName("init").assignVariableOp(handle, tf.constant(TABLE));
    return graph.toGraphDef();
  }

  private static Operand<? extends TType> handle(Ops tf, String name) {
    return tf.withName(name)
        .varHandleOp(TFloat32.class, Shape.of(3, 2), VarHandleOp.sharedName(name));
  }

  private static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> x) {
    return tf.reduceSum(tf.reshape(x, tf.constant(new int[] {-1})), tf.constant(0));
  }
}
