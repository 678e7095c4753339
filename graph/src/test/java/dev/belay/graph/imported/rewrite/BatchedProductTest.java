package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;

class BatchedProductTest {

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void equalBatchesBecomeBatchMatMul(boolean adjointX, boolean adjointY) {
    RewrittenGraph graph =
        product(
            "BatchMatMulV2",
            adjointX ? Shape.of(2, 2, 4, 3) : Shape.of(2, 2, 3, 4),
            adjointY ? Shape.of(2, 2, 5, 4) : Shape.of(2, 2, 4, 5),
            false,
            adjointX,
            adjointY);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("BatchMatMul").size());
    assertEquals(List.of("1 BatchMatMulV2: BatchMatMul"), graph.rewritten().notes());
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void broadcastBatchesBecomeEinsum(boolean adjointX, boolean adjointY) {
    RewrittenGraph graph =
        product(
            "BatchMatMulV2",
            adjointX ? Shape.of(2, 1, 4, 3) : Shape.of(2, 1, 3, 4),
            adjointY ? Shape.of(6, 5, 4) : Shape.of(6, 4, 5),
            false,
            adjointX,
            adjointY);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("Einsum").size());
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void unknownBatchesThatAreEqualBecomeBatchMatMul(boolean adjointX, boolean adjointY) {
    RewrittenGraph graph =
        product(
            "BatchMatMulV2",
            adjointX ? Shape.of(2, 2, 4, 3) : Shape.of(2, 2, 3, 4),
            adjointY ? Shape.of(2, 2, 5, 4) : Shape.of(2, 2, 4, 5),
            true,
            adjointX,
            adjointY);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("BatchMatMul").size());
    assertEquals(2, graph.rewritten().nodes("BroadcastTo").size());
  }

  @Test
  void unknownBatchesMayStillBroadcast() {
    RewrittenGraph graph =
        product("BatchMatMulV2", Shape.of(2, 1, 3, 4), Shape.of(1, 3, 4, 5), true, false, false);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("BatchMatMul").size());
  }

  @Test
  void unequalRanksBecomeEinsumWhateverIsUnknown() {
    RewrittenGraph graph =
        product("BatchMatMulV2", Shape.of(2, 2, 3, 4), Shape.of(2, 4, 5), true, false, false);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("Einsum").size());
  }

  @Test
  void versionThreeOfOneType() {
    RewrittenGraph graph =
        product("BatchMatMulV3", Shape.of(2, 3, 4), Shape.of(2, 4, 5), false, false, false);
    graph.sameValues(1e-14).sameGradients("x", "y");
    assertEquals(1, graph.rewritten().nodes("BatchMatMul").size());
  }

  @Test
  void versionThreeOfMixedTypesIsRefused() {
    GraphDef mixed =
        GraphDef.newBuilder()
            .addNode(
                Nodes.node("product", "BatchMatMulV3", "x", "y")
                    .putAttr("Ta", Nodes.type(DataType.DT_INT8))
                    .putAttr("Tb", Nodes.type(DataType.DT_INT8))
                    .putAttr("Tout", Nodes.type(DataType.DT_INT32)))
            .build();
    assertEquals(
        "The product product multiplies DT_INT8 by DT_INT8 into DT_INT32; only products of one type"
            + " can be trained through.",
        assertThrows(
                IllegalArgumentException.class,
                () -> new BatchedProduct().rewrite(new NodeGraph(mixed)))
            .getMessage());
  }

  private static RewrittenGraph product(
      String op, Shape x, Shape y, boolean unknown, boolean adjointX, boolean adjointY) {
    return new RewrittenGraph()
        .input("x", x, unknown ? unknownLike(x) : x)
        .input("y", y, unknown ? unknownLike(y) : y)
        .build(
            graph ->
                graph.op(
                    op,
                    attributes -> {
                      attributes.setAttr("adj_x", adjointX).setAttr("adj_y", adjointY);
                      if (op.endsWith("3")) {
                        attributes.setAttr("Tout", DataType.DT_DOUBLE);
                      }
                    },
                    graph.input("x"),
                    graph.input("y")),
            new BatchedProduct());
  }

  private static Shape unknownLike(Shape shape) {
    long[] sizes = new long[shape.numDimensions()];
    Arrays.fill(sizes, Shape.UNKNOWN_SIZE);
    return Shape.of(sizes);
  }
}
