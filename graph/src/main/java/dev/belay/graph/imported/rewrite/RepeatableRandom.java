package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Makes random numbers a function of the run's seed, the node and the step, so that two runs draw
 * the same and a resumed run goes on as the uninterrupted one. The state of the original ops lives
 * in the native kernels and can be neither saved nor set.
 *
 * <p>Node number i draws with the seed pair {@code [seed * 1000003 + i, step]}.
 */
public final class RepeatableRandom implements GraphRewrite {
  private static final long SEED_STRIDE = 1_000_003;

  private final long seed;
  private final String step;

  /**
   * @param seed of the run
   * @param step name for the placeholder of the step, an int64 scalar; added if something draws
   */
  public RepeatableRandom(long seed, String step) {
    this.seed = seed;
    this.step = step;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    List<NodeDef> sources = RandomSource.in(graph);
    refuseUnknown(sources);
    if (sources.isEmpty()) {
      return;
    }
    graph.put(
        Nodes.node(step, "Placeholder")
            .putAttr("dtype", Nodes.type(DataType.DT_INT64))
            .putAttr(
                "shape",
                AttrValue.newBuilder().setShape(TensorShapeProto.getDefaultInstance()).build())
            .build());
    for (int i = 0; i < sources.size(); i++) {
      replace(graph, sources.get(i), seed * SEED_STRIDE + i + 1);
    }
  }

  private void replace(NodeGraph graph, NodeDef node, long nodeSeed) {
    NodeDef constant = Nodes.constant(graph.fresh(node.getName() + "/node_seed"), nodeSeed);
    NodeDef pair =
        Nodes.node(graph.fresh(node.getName() + "/seed"), "Pack", constant.getName(), step)
            .putAttr("N", Nodes.integer(2))
            .putAttr("T", Nodes.type(DataType.DT_INT64))
            .putAttr("axis", Nodes.integer(0))
            .build();
    graph.put(constant);
    graph.put(pair);
    String op = RandomSource.stateless(node);
    NodeDef.Builder drawn =
        NodeDef.newBuilder()
            .setName(node.getName())
            .setOp(op)
            .putAttr("Tseed", Nodes.type(DataType.DT_INT64));
    switch (op) {
      case "StatelessRandomUniformInt" ->
          drawn
              .addInput(node.getInput(0))
              .addInput(pair.getName())
              .addInput(node.getInput(1))
              .addInput(node.getInput(2))
              .putAttr("dtype", node.getAttrOrThrow("Tout"))
              .putAttr("T", node.getAttrOrThrow("T"));
      case "StatelessMultinomial" ->
          drawn
              .addInput(node.getInput(0))
              .addInput(node.getInput(1))
              .addInput(pair.getName())
              .putAttr("T", node.getAttrOrThrow("T"))
              .putAttr(
                  "output_dtype",
                  node.getAttrOrDefault("output_dtype", Nodes.type(DataType.DT_INT64)));
      default ->
          drawn
              .addInput(node.getInput(0))
              .addInput(pair.getName())
              .putAttr("dtype", node.getAttrOrDefault("dtype", Nodes.type(DataType.DT_FLOAT)))
              .putAttr("T", shapeType(node));
    }
    graph.put(drawn.addAllInput(Nodes.controlInputs(node)).build());
    graph.note(node.getOp() + ": drawn from seed and step");
  }

  private static AttrValue shapeType(NodeDef node) {
    String attribute = node.getOp().endsWith("V2") ? "Tshape" : "T";
    return node.getAttrOrDefault(attribute, Nodes.type(DataType.DT_INT32));
  }

  private static void refuseUnknown(List<NodeDef> sources) {
    List<String> unknown = new ArrayList<>();
    for (NodeDef node : sources) {
      if (RandomSource.stateless(node) == null) {
        unknown.add(node.getOp() + " " + node.getName());
      }
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "The model draws random numbers whose state cannot be saved or set, so that no run could"
              + " be repeated: "
              + String.join(", ", unknown)
              + ". Belay can repeat uniform, normal, truncated normal, integer and multinomial"
              + " draws. Train through a function that does not draw these, such as the serving"
              + " signature.");
    }
  }
}
