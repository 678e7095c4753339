package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Labels of the axes of a product of a weight and another operand, as in an equation of Einsum.
 *
 * @param place which operand the weight is, 0 or 1
 * @param weight labels of the weight's axes
 * @param other labels of the other operand's axes, perhaps after an ellipsis
 * @param result labels of the result's axes, perhaps after an ellipsis
 */
record ProductForm(int place, String weight, String other, String result) {
  private static final String ELLIPSIS = "...";
  private static final Set<String> BATCHED =
      Set.of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3");

  /**
   * The form of a node, if it is a product in which every axis of the weight is either summed over
   * with one of the other operand or one of the result's alone.
   *
   * @param rank number of the weight's axes
   */
  static Optional<ProductForm> of(NodeDef node, int place, int rank) {
    Optional<ProductForm> form =
        switch (node.getOp()) {
          case "MatMul" -> matrices(node, "", "transpose_a", "transpose_b", place);
          case "Einsum" -> equation(node, place);
          default ->
              BATCHED.contains(node.getOp())
                  ? matrices(node, ELLIPSIS, "adj_x", "adj_y", place)
                  : Optional.empty();
        };
    return form.filter(found -> isFloat(node) && found.isLowRankable(rank));
  }

  private static boolean isFloat(NodeDef node) {
    return List.of("T", "Ta", "Tb", "Tout").stream()
        .filter(node::containsAttr)
        .allMatch(type -> Nodes.type(node, type) == DataType.DT_FLOAT);
  }

  private static Optional<ProductForm> matrices(
      NodeDef node, String batch, String first, String second, int place) {
    String x = Nodes.flag(node, first) ? "ji" : "ij";
    String y = Nodes.flag(node, second) ? "kj" : "jk";
    return Optional.of(
        place == 0
            ? new ProductForm(0, x, batch + y, batch + "ik")
            : new ProductForm(1, y, batch + x, batch + "ik"));
  }

  private static Optional<ProductForm> equation(NodeDef node, int place) {
    String[] sides =
        node.getAttrOrThrow("equation").getS().toStringUtf8().replace(" ", "").split("->", -1);
    String[] operands = sides[0].split(",", -1);
    return sides.length == 2 && operands.length == 2
        ? Optional.of(new ProductForm(place, operands[place], operands[1 - place], sides[1]))
        : Optional.empty();
  }

  private boolean isLowRankable(int rank) {
    String others = other.replace(ELLIPSIS, "");
    String results = result.replace(ELLIPSIS, "");
    boolean plain =
        weight.length() == rank
            && weight.chars().allMatch(Character::isLetter)
            && weight.chars().distinct().count() == rank
            && others.chars().distinct().count() == others.length()
            && other.contains(ELLIPSIS) == result.contains(ELLIPSIS);
    boolean eachHasOneRole =
        weight
            .chars()
            .allMatch(axis -> (others.indexOf(axis) >= 0) != (results.indexOf(axis) >= 0));
    boolean restRemains =
        others.chars().allMatch(axis -> weight.indexOf(axis) >= 0 || results.indexOf(axis) >= 0);
    List<Boolean> summed = contracted();
    return plain
        && eachHasOneRole
        && restRemains
        && summed.contains(true)
        && summed.contains(false);
  }

  /** For each axis of the weight, whether the product sums over it. */
  List<Boolean> contracted() {
    List<Boolean> contracted = new ArrayList<>();
    weight.chars().forEach(axis -> contracted.add(other.indexOf(axis) >= 0));
    return contracted;
  }

  /** Equation of the other operand and A, [r, summed axes]. */
  String narrow() {
    return other + "," + rank() + labels(true) + "->" + between();
  }

  /** Equation of that product and B, [other axes, r]. */
  String wide() {
    return between() + "," + labels(false) + rank() + "->" + result;
  }

  /** What is left of the other operand, then r. */
  private String between() {
    StringBuilder left = new StringBuilder(other);
    for (char axis : labels(true).toCharArray()) {
      left.deleteCharAt(left.indexOf(String.valueOf(axis)));
    }
    return left.append(rank()).toString();
  }

  private String labels(boolean summed) {
    StringBuilder labels = new StringBuilder();
    weight
        .chars()
        .filter(axis -> (other.indexOf(axis) >= 0) == summed)
        .forEach(axis -> labels.append((char) axis));
    return labels.toString();
  }

  /** A label that no axis has. */
  private char rank() {
    char label = 'a';
    while ((weight + other + result).indexOf(label) >= 0) {
      label++;
    }
    return label;
  }
}
