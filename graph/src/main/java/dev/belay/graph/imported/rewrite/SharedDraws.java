package dev.belay.graph.imported.rewrite;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Draws for dropout: where uniform numbers are compared with a constant and nothing else, one draw
 * of 32 bits serves two elements, as in Belay's own layers. The probability of each outcome is that
 * of the original, rounded to a multiple of 2^-16.
 */
final class SharedDraws {
  private static final Set<String> COMPARISONS =
      Set.of("GreaterEqual", "Greater", "LessEqual", "Less");

  /** Number of values of 16 bits. */
  private static final int VALUES = 1 << 16;

  private final NodeGraph graph;
  private final NodeDef uniform;
  private final ScalarConstants constants;

  SharedDraws(NodeGraph graph, NodeDef uniform) {
    this.graph = graph;
    this.uniform = uniform;
    this.constants = new ScalarConstants(graph);
  }

  /** Whether every reader only compares the numbers with a constant. */
  boolean areEnough() {
    List<NodeDef> readers = graph.consumers(uniform.getName());
    return uniform.getOp().equals("RandomUniform")
        && Nodes.type(uniform, "dtype") == DataType.DT_FLOAT
        && Nodes.type(uniform, "T") == DataType.DT_INT32
        && !readers.isEmpty()
        && readers.stream().allMatch(this::compares);
  }

  private boolean compares(NodeDef reader) {
    OptionalDouble bound = bound(reader);
    // A bound with axes of its own could give the result a larger shape than that of the draw.
    return COMPARISONS.contains(reader.getOp())
        && graph.shapeOf(reader.getInput(isFirst(reader) ? 1 : 0)).numDimensions() <= 0
        && bound.isPresent()
        && bound.getAsDouble() > 0
        && bound.getAsDouble() < 1;
  }

  private OptionalDouble bound(NodeDef comparison) {
    return constants.value(comparison.getInput(isFirst(comparison) ? 1 : 0));
  }

  private boolean isFirst(NodeDef comparison) {
    return TensorName.canonical(comparison.getInput(0)).equals(uniform.getName());
  }

  /**
   * Replaces the comparisons.
   *
   * @param seed the seed pair, a vector of two int64
   */
  void replace(String seed) {
    Substitute draw = new Substitute(graph, uniform);
    String shape = uniform.getInput(0);
    String size =
        draw.put(
            draw.start("size", "Prod", shape, draw.integers("axes", 0))
                .putAttr("T", Substitute.INT32)
                .putAttr("Tidx", Substitute.INT32)
                .putAttr("keep_dims", Nodes.bool(true)));
    String more = draw.integerOp("more", "AddV2", size, draw.integer("one", 1));
    String pairs = draw.integerOp("pairs", "FloorDiv", more, draw.integer("two", 2));
    String bits =
        draw.put(
            draw.start("draw", "StatelessRandomUniformFullInt", pairs, seed)
                .putAttr("dtype", Substitute.INT32)
                .putAttr("T", Substitute.INT32)
                .putAttr("Tseed", Nodes.type(DataType.DT_INT64))
                .addAllInput(Nodes.controlInputs(uniform)));
    String halves =
        draw.put(
            draw.start("halves", "Bitcast", bits)
                .putAttr("T", Substitute.INT32)
                .putAttr("type", Nodes.type(DataType.DT_UINT16)));
    String drawn =
        draw.put(
            draw.start("drawn", "Reshape", halves, draw.integers("flat", -1))
                .putAttr("T", Nodes.type(DataType.DT_UINT16))
                .putAttr("Tshape", Substitute.INT32));
    graph.consumers(uniform.getName()).forEach(reader -> compare(reader, drawn, size, shape));
  }

  private void compare(NodeDef comparison, String drawn, String size, String shape) {
    Substitute by = new Substitute(graph, comparison);
    double bound = bound(comparison).getAsDouble();
    boolean above = comparison.getOp().startsWith("Greater") == isFirst(comparison);
    // One threshold for both directions: u < b and u >= b exclude each other, as they always do.
    int threshold = (int) Math.min(VALUES - 1, Math.max(1, Math.round(bound * VALUES)));
    String limit =
        by.cast(
            "limit",
            by.integer("threshold", above ? threshold : threshold - 1),
            DataType.DT_INT32,
            DataType.DT_UINT16);
    // Compared before it is cut: TensorFlow has no Slice of uint16 for GPUs.
    String each =
        by.put(
            by.start("each", "LessEqual", above ? limit : drawn, above ? drawn : limit)
                .putAttr("T", Nodes.type(DataType.DT_UINT16)));
    String cut =
        by.put(
            by.start("cut", "Slice", each, by.integers("begin", 0), size)
                .putAttr("T", Nodes.type(DataType.DT_BOOL))
                .putAttr("Index", Substitute.INT32));
    by.by(
        Nodes.node(comparison.getName(), "Reshape", cut, shape)
            .putAttr("T", Nodes.type(DataType.DT_BOOL))
            .putAttr("Tshape", Substitute.INT32));
  }
}
