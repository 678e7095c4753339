package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.NodeDef;

class NodesTest {

  /** The end of {@code x[:, 1:]} with indices of int64. */
  @Test
  void integersBeyondInt32AreNoneThatAreKnown() {
    assertEquals(Optional.empty(), Nodes.ints(constant(2, Long.MAX_VALUE)));
    assertEquals(Optional.empty(), Nodes.ints(constant(Integer.MIN_VALUE - 1L)));
    assertArrayEquals(
        new int[] {-1, Integer.MAX_VALUE},
        Nodes.ints(constant(-1, Integer.MAX_VALUE)).orElseThrow());
    assertArrayEquals(new int[] {7, 7, 7}, Nodes.ints(constant(7, 7, 7)).orElseThrow());
  }

  private static NodeDef constant(long... values) {
    try (Graph graph = new Graph()) {
      Ops.create(graph).withName("c").constant(values);
      return graph.toGraphDef().getNode(0);
    }
  }
}
