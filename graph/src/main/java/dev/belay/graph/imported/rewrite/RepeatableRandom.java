package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Makes random numbers a function of the run's seed, the node and the step, so that two runs draw
 * the same and a resumed run draws as the uninterrupted one. The state of the original ops lives in
 * the native kernels and can be neither saved nor set.
 *
 * <p>Node number i draws with the seed pair {@code [seed * 1000003 + i, step]}; the step is 0 where
 * nothing feeds it. A StopGradient follows each: the native runtime has no gradient for most draws
 * and would follow their shape back into the model.
 */
public final class RepeatableRandom implements GraphRewrite {
  private static final long SEED_STRIDE = 1_000_003;

  private final long seed;
  private final String step;
  private final Predicate<String> trained;

  /**
   * @param seed of the run
   * @param step name for the placeholder of the step, an int64 scalar; added if any node draws
   * @param trained tells whether the loss depends on a node, by its name; other nodes that draw and
   *     cannot be repeated are not changed
   */
  public RepeatableRandom(long seed, String step, Predicate<String> trained) {
    this.seed = seed;
    this.step = step;
    this.trained = trained;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    List<NodeDef> sources = RandomSource.in(graph);
    refuseUnknown(sources);
    if (sources.stream().allMatch(source -> RandomSource.stateless(source) == null)) {
      return;
    }
    NodeDef zero = Nodes.constant(graph.fresh(step + "/default"), 0L);
    graph.put(zero);
    graph.put(
        Nodes.node(step, "PlaceholderWithDefault", zero.getName())
            .putAttr("dtype", Nodes.type(DataType.DT_INT64))
            .putAttr(
                "shape",
                AttrValue.newBuilder().setShape(TensorShapeProto.getDefaultInstance()).build())
            .build());
    for (int i = 0; i < sources.size(); i++) {
      if (RandomSource.stateless(sources.get(i)) != null) {
        replace(graph, sources.get(i), seed * SEED_STRIDE + i + 1);
      }
    }
  }

  /** The nodes of a graph that draw new numbers in each run. */
  public static List<String> draws(NodeGraph graph) {
    return RandomSource.in(graph).stream().map(NodeDef::getName).toList();
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
    SharedDraws shared = new SharedDraws(graph, node);
    if (shared.areEnough()) {
      shared.replace(pair.getName());
      graph.note(node.getOp() + ": 16 bits of a draw from seed and step");
      return;
    }
    String op = RandomSource.stateless(node);
    String draw = graph.fresh(node.getName() + "/draw");
    NodeDef.Builder drawn =
        NodeDef.newBuilder()
            .setName(draw)
            .setOp(op)
            .putAttr("Tseed", Nodes.type(DataType.DT_INT64));
    switch (op) {
      case "StatelessRandomUniformInt" ->
          drawn
              .addInput(node.getInput(0))
              .addInput(pair.getName())
              .addInput(node.getInput(1))
              .addInput(node.getInput(2))
              .putAttr("dtype", elementType(node))
              .putAttr("T", node.getAttrOrThrow("T"));
      case "StatelessMultinomial" ->
          drawn
              .addInput(node.getInput(0))
              .addInput(node.getInput(1))
              .addInput(pair.getName())
              .putAttr("T", node.getAttrOrThrow("T"))
              .putAttr("output_dtype", elementType(node));
      default ->
          drawn
              .addInput(node.getInput(0))
              .addInput(pair.getName())
              .putAttr("dtype", elementType(node))
              .putAttr("T", shapeType(node));
    }
    graph.put(drawn.addAllInput(Nodes.controlInputs(node)).build());
    graph.put(
        Nodes.node(node.getName(), "StopGradient", draw).putAttr("T", elementType(node)).build());
    graph.note(node.getOp() + ": drawn from seed and step");
  }

  private static AttrValue elementType(NodeDef node) {
    return switch (node.getOp()) {
      case "RandomUniformInt" -> node.getAttrOrThrow("Tout");
      case "Multinomial" -> node.getAttrOrDefault("output_dtype", Nodes.type(DataType.DT_INT64));
      default -> node.getAttrOrDefault("dtype", Nodes.type(DataType.DT_FLOAT));
    };
  }

  private static AttrValue shapeType(NodeDef node) {
    String attribute = node.getOp().endsWith("V2") ? "Tshape" : "T";
    return node.getAttrOrDefault(attribute, Nodes.type(DataType.DT_INT32));
  }

  private void refuseUnknown(List<NodeDef> sources) {
    List<String> unknown = new ArrayList<>();
    for (NodeDef node : sources) {
      if (RandomSource.stateless(node) == null && trained.test(node.getName())) {
        unknown.add(node.getOp() + " " + node.getName());
      }
    }
    if (!unknown.isEmpty()) {
      throw new UnsupportedGraphException(
          "The model draws random numbers whose state cannot be saved or set, so that no run could"
              + " be repeated: "
              + String.join(", ", unknown)
              + ". Belay can repeat uniform, normal, truncated normal, integer and multinomial"
              + " draws. Train through a function that does not draw these, such as the serving"
              + " signature.");
    }
  }
}
