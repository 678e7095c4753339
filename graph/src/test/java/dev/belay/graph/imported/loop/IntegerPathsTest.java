package dev.belay.graph.imported.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.belay.graph.TensorData;
import dev.belay.graph.imported.rewrite.NodeGraph;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
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
    NodeGraph nodes = new NodeGraph(graphDef);
    new LoopGradients(body -> {}, name -> false, name -> false)
        .cut(nodes, List.of("hidden"), List.of("loss"));
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(nodes.toGraphDef());
      Output<?> gradient =
          graph
              .addGradients(
                  graph.operationOrThrow("loss").output(0),
                  new Output<?>[] {graph.operationOrThrow("hidden").output(0)})[0];
      try (Result result = session.runner().fetch("loss").fetch(gradient).run()) {
        assertArrayEquals(new float[] {36}, TensorData.floats(result.get(0)));
        assertArrayEquals(new float[] {6, 6, 6}, TensorData.floats(result.get(1)));
      }
    }
  }
}
