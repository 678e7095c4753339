package dev.belay.graph.imported.position;

import dev.belay.graph.imported.position.ShapeSizes.Axis;
import dev.belay.graph.imported.position.ShapeSizes.Size;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Rules of the ops that treat all positions of a text alike: the rows of its inputs from which an
 * op computes a row of its result.
 */
final class RowRules {
  private static final Set<String> ELEMENTWISE =
      Set.of(
          "Identity",
          "StopGradient",
          "Cast",
          "Neg",
          "Abs",
          "Square",
          "Sqrt",
          "Rsqrt",
          "Exp",
          "Log",
          "Erf",
          "Erfc",
          "Tanh",
          "Sigmoid",
          "Relu",
          "Relu6",
          "Elu",
          "Softplus",
          "Floor",
          "Add",
          "AddV2",
          "Sub",
          "Mul",
          "Div",
          "RealDiv",
          "DivNoNan",
          "Maximum",
          "Minimum",
          "Pow",
          "SquaredDifference",
          "GreaterEqual",
          "Greater",
          "LessEqual",
          "Less",
          "SelectV2");

  private static final Set<String> REDUCTIONS = Set.of("Mean", "Sum", "Max", "Min");

  private static final Set<String> BATCHED =
      Set.of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3");

  private final NodeGraph graph;
  private final ShapeSizes sizes;
  private final AxisOrigins origins;

  RowRules(NodeGraph graph) {
    this.graph = graph;
    this.sizes = new ShapeSizes(graph);
    this.origins = new AxisOrigins(graph);
  }

  /**
   * The axis along which a tensor has a row for each position, and where the number of texts comes
   * from. A matrix may have the rows of all texts one after the other instead, without an axis.
   */
  record Rows(OptionalInt axis, Axis texts) {
    static Rows along(int axis, Axis texts) {
      return new Rows(OptionalInt.of(axis), texts);
    }

    Rows on(int other) {
      return along(other, texts);
    }

    Rows ofAllTexts() {
      return new Rows(OptionalInt.empty(), texts);
    }
  }

  /**
   * Inputs of a node.
   *
   * @param rows of those inputs that have positions, by the number of the input
   * @param shape the input that is the shape of the result, if one is
   * @param positions axes of which that shape has the number of positions
   */
  record Reads(Map<Integer, Rows> rows, OptionalInt shape, List<Axis> positions) {
    private static Optional<Reads> of(Map<Integer, Rows> rows) {
      return Optional.of(new Reads(rows, OptionalInt.empty(), List.of()));
    }

    private static Optional<Reads> ofFirst(Rows rows) {
      return of(Map.of(0, rows));
    }
  }

  /** Whether an op computes each element from those at the same place, with broadcasting. */
  static boolean isElementwise(NodeDef node) {
    return ELEMENTWISE.contains(node.getOp());
  }

  /** All rows of {@code [texts, positions, ..]}. */
  Rows rowsOf(String tensor) {
    return Rows.along(1, origins.of(new Axis(tensor, 0)));
  }

  /** Whether an op is a product, the work that rows are left out for. */
  static boolean isProduct(NodeDef node) {
    return node.getOp().equals("MatMul")
        || node.getOp().equals("Einsum")
        || BATCHED.contains(node.getOp());
  }

  /**
   * Whether a tensor is made of random numbers and constants alone, such as the mask of a dropout.
   */
  boolean isDrawn(String tensor) {
    NodeDef node = graph.node(tensor);
    if (node.getOp().contains("Random") || node.getOp().equals("TruncatedNormal")) {
      return true;
    }
    List<String> inputs = Nodes.dataInputs(node).stream().map(graph::current).toList();
    return isElementwise(node)
        && inputs.stream().anyMatch(this::isDrawn)
        && inputs.stream().allMatch(input -> isDrawn(input) || isConstant(input));
  }

  private boolean isConstant(String tensor) {
    return graph.node(graph.behindIdentity(tensor)).getOp().equals("Const");
  }

  /** What a node reads for its rows; empty if its op may mix positions. */
  Optional<Reads> of(NodeDef node, Rows rows) {
    if (rows.axis().isEmpty()) {
      return ofAllTexts(node, rows);
    }
    int axis = rows.axis().getAsInt();
    Shape result = graph.shapeOf(node.getName());
    if (result.isUnknown() || axis >= result.numDimensions()) {
      return Optional.empty();
    }
    if (isElementwise(node)) {
      return broadcast(node, rows, axis - result.numDimensions());
    }
    if (REDUCTIONS.contains(node.getOp())) {
      return reduced(node, rows, axis);
    }
    if (BATCHED.contains(node.getOp())) {
      return batched(node, rows, axis == result.numDimensions() - 2);
    }
    return switch (node.getOp()) {
      case "BiasAdd", "Softmax", "LogSoftmax" ->
          axis < result.numDimensions() - 1 && isChannelsLast(node)
              ? Reads.ofFirst(rows)
              : Optional.empty();
      case "Transpose" ->
          sizes.constants(node.getInput(1)).flatMap(order -> Reads.ofFirst(rows.on(order[axis])));
      case "Reshape" -> axis == 1 ? reshaped(node, rows) : Optional.empty();
      case "Einsum" -> equation(node, rows, axis);
      case "RandomUniform" -> drawn(node, axis);
      default -> Optional.empty();
    };
  }

  private Optional<Reads> ofAllTexts(NodeDef node, Rows rows) {
    boolean byRow =
        switch (node.getOp()) {
          case "MatMul" -> !Nodes.flag(node, "transpose_a");
          case "BiasAdd" -> isChannelsLast(node);
          case "Identity" -> true;
          default -> false;
        };
    if (byRow) {
      return Reads.ofFirst(rows);
    }
    return node.getOp().equals("Reshape") ? joined(node, rows) : Optional.empty();
  }

  private static boolean isChannelsLast(NodeDef node) {
    return !node.containsAttr("data_format")
        || node.getAttrOrThrow("data_format").getS().toStringUtf8().equals("NHWC");
  }

  /**
   * @param fromLast the axis, counted from the last, as broadcasting does: -1 is the last
   */
  private Optional<Reads> broadcast(NodeDef node, Rows rows, int fromLast) {
    Map<Integer, Rows> read = new HashMap<>();
    List<String> inputs = Nodes.dataInputs(node);
    for (int i = 0; i < inputs.size(); i++) {
      Shape shape = graph.shapeOf(inputs.get(i));
      if (shape.isUnknown()) {
        return Optional.empty();
      }
      int own = shape.numDimensions() + fromLast;
      if (own >= 0 && shape.get(own) != 1) {
        read.put(i, rows.on(own));
      }
    }
    return Reads.of(read);
  }

  private Optional<Reads> reduced(NodeDef node, Rows rows, int axis) {
    Shape from = graph.shapeOf(node.getInput(0));
    Optional<int[]> along = sizes.constants(node.getInput(1));
    if (from.isUnknown() || along.isEmpty()) {
      return Optional.empty();
    }
    boolean[] gone = new boolean[from.numDimensions()];
    for (int reduced : along.get()) {
      gone[Math.floorMod(reduced, gone.length)] = true;
    }
    int own = axis;
    if (!Nodes.flag(node, "keep_dims")) {
      for (int i = 0; i <= own && own < gone.length; i++) {
        own += gone[i] ? 1 : 0;
      }
    }
    return own >= gone.length || gone[own] ? Optional.empty() : Reads.ofFirst(rows.on(own));
  }

  private Optional<Reads> batched(NodeDef node, Rows rows, boolean rowsOfMatrices) {
    Shape first = graph.shapeOf(node.getInput(0));
    boolean same =
        !first.isUnknown()
            && first.numDimensions() == graph.shapeOf(node.getName()).numDimensions();
    return rowsOfMatrices && same && !Nodes.flag(node, "adj_x")
        ? Reads.ofFirst(rows)
        : Optional.empty();
  }

  private static Optional<Reads> equation(NodeDef node, Rows rows, int axis) {
    String equation = node.getAttrOrThrow("equation").getS().toStringUtf8().replace(" ", "");
    int arrow = equation.indexOf("->");
    if (arrow < 0 || equation.contains(".")) {
      return Optional.empty();
    }
    String result = equation.substring(arrow + 2);
    char label = result.charAt(axis);
    if (result.indexOf(label) != result.lastIndexOf(label)) {
      return Optional.empty(); // a diagonal, of which one row is wider than one position
    }
    String[] operands = equation.substring(0, arrow).split(",", -1);
    Map<Integer, Rows> read = new HashMap<>();
    for (int i = 0; i < operands.length; i++) {
      int own = operands[i].indexOf(label);
      if (own != operands[i].lastIndexOf(label)) {
        return Optional.empty();
      }
      if (own >= 0) {
        read.put(i, rows.on(own));
      }
    }
    return Reads.of(read);
  }

  /** Random numbers of the shape of a tensor with positions: others, but as many for each row. */
  private Optional<Reads> drawn(NodeDef node, int axis) {
    return sizes
        .of(node.getInput(0))
        .filter(shape -> isOfOneTensor(shape, axis))
        .map(shape -> new Reads(Map.of(), OptionalInt.of(0), shape.get(axis).axes()));
  }

  /** Whether sizes are those of all axes of the tensor that one of them is of. */
  private static boolean isOfOneTensor(List<Size> shape, int axis) {
    if (!shape.get(axis).isAxis()) {
      return false;
    }
    String tensor = shape.get(axis).axes().get(0).tensor();
    for (int i = 0; i < shape.size(); i++) {
      Size size = shape.get(i);
      boolean own = size.isAxis() && size.axes().get(0).equals(new Axis(tensor, i));
      if (!own && !size.isConstant()) {
        return false;
      }
    }
    return true;
  }

  /** {@code [texts, positions, ..]} whose last axes change, or that are made of a matrix. */
  private Optional<Reads> reshaped(NodeDef node, Rows rows) {
    Shape from = graph.shapeOf(node.getInput(0));
    Optional<List<Size>> to = sizes.of(node.getInput(1));
    if (from.isUnknown() || from.numDimensions() < 2 || to.isEmpty() || to.get().size() < 3) {
      return Optional.empty();
    }
    boolean matrix = from.numDimensions() == 2;
    Size positions = to.get().get(1);
    boolean same =
        isElements(from, matrix ? 1 : 2, to.get().subList(2, to.get().size()))
            && (matrix || comesFrom(rows.texts(), new Axis(node.getInput(0), 0)))
            && isTexts(to.get().get(0), rows)
            && (positions.isRest() || positions.isAxis());
    return same
        ? Optional.of(
            new Reads(
                Map.of(0, matrix ? rows.ofAllTexts() : rows), OptionalInt.of(1), positions.axes()))
        : Optional.empty();
  }

  /** A matrix with the rows of all texts. */
  private Optional<Reads> joined(NodeDef node, Rows rows) {
    Shape from = graph.shapeOf(node.getInput(0));
    Optional<List<Size>> to = sizes.of(node.getInput(1));
    if (from.isUnknown() || from.numDimensions() < 3 || to.isEmpty() || to.get().size() != 2) {
      return Optional.empty();
    }
    Size first = to.get().get(0);
    boolean both = first.constant() == 1 && first.axes().size() == 2;
    boolean same =
        isElements(from, 2, to.get().subList(1, 2))
            && comesFrom(rows.texts(), new Axis(node.getInput(0), 0))
            && (first.isRest() || (both && comesFrom(rows.texts(), first.axes().get(0))));
    return same
        ? Optional.of(
            new Reads(
                Map.of(0, rows.on(1)),
                OptionalInt.of(1),
                both ? first.axes().subList(1, 2) : List.of()))
        : Optional.empty();
  }

  private boolean isTexts(Size size, Rows rows) {
    return size.isAxis() && comesFrom(rows.texts(), size.axes().get(0));
  }

  private boolean comesFrom(Axis origin, Axis axis) {
    return origins.of(new Axis(graph.current(axis.tensor()), axis.index())).equals(origin);
  }

  /** Whether all axes of a shape from one on have as many elements as some sizes. */
  private static boolean isElements(Shape shape, int from, List<Size> sizes) {
    long elements = 1;
    for (int i = from; i < shape.numDimensions(); i++) {
      if (shape.get(i) == Shape.UNKNOWN_SIZE) {
        return false;
      }
      elements *= shape.get(i);
    }
    long others = 1;
    for (Size size : sizes) {
      if (!size.isConstant() || size.isRest()) {
        return false;
      }
      others *= size.constant();
    }
    return elements == others;
  }
}
