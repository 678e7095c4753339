package dev.belay.graph.imported.position;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/** The sizes in a vector that a graph computes from shapes, such as the second input of Reshape. */
final class ShapeSizes {
  private final NodeGraph graph;

  ShapeSizes(NodeGraph graph) {
    this.graph = graph;
  }

  /** An axis of a tensor, whose size only a batch tells. */
  record Axis(String tensor, int index) {}

  /** A product of a constant and of axes; the constant -1 alone is the rest, as in Reshape. */
  record Size(long constant, List<Axis> axes) {
    boolean isConstant() {
      return axes.isEmpty();
    }

    boolean isInt() {
      return isConstant() && (int) constant == constant;
    }

    boolean isRest() {
      return isConstant() && constant == -1;
    }

    boolean isAxis() {
      return constant == 1 && axes.size() == 1;
    }

    private Size times(Size other) {
      List<Axis> both = new ArrayList<>(axes);
      both.addAll(other.axes);
      return new Size(constant * other.constant, both);
    }
  }

  /** Constants of a vector or scalar; empty if they depend on a batch or are beyond int32. */
  Optional<int[]> constants(String tensor) {
    return of(tensor)
        .filter(sizes -> sizes.stream().allMatch(Size::isInt))
        .map(sizes -> sizes.stream().mapToInt(size -> (int) size.constant()).toArray());
  }

  /** The elements of a vector or scalar; empty if it is computed in another way. */
  Optional<List<Size>> of(String tensor) {
    NodeDef node = graph.node(graph.behindIdentity(tensor));
    List<String> inputs = Nodes.dataInputs(node);
    return switch (node.getOp()) {
      case "Const" -> Nodes.ints(node).map(ShapeSizes::constant);
      case "Shape" -> shape(inputs.get(0));
      case "Pack" -> joined(inputs);
      case "ConcatV2" -> joined(inputs.subList(0, inputs.size() - 1));
      case "Cast" -> of(inputs.get(0));
      case "Prod" -> of(inputs.get(0)).map(ShapeSizes::product);
      case "Mul" -> joined(inputs).filter(sizes -> sizes.size() == 2).map(ShapeSizes::product);
      case "GatherV2", "Gather" -> gathered(inputs);
      case "StridedSlice" -> sliced(node);
      default -> Optional.empty();
    };
  }

  private static List<Size> constant(int[] values) {
    List<Size> sizes = new ArrayList<>();
    for (int value : values) {
      sizes.add(new Size(value, List.of()));
    }
    return sizes;
  }

  private static List<Size> product(List<Size> sizes) {
    return List.of(sizes.stream().reduce(new Size(1, List.of()), Size::times));
  }

  private Optional<List<Size>> shape(String tensor) {
    Shape shape = graph.shapeOf(tensor);
    if (shape.isUnknown()) {
      return Optional.empty();
    }
    List<Size> sizes = new ArrayList<>();
    for (int i = 0; i < shape.numDimensions(); i++) {
      sizes.add(
          shape.get(i) >= 0
              ? new Size(shape.get(i), List.of())
              : new Size(1, List.of(new Axis(graph.current(tensor), i))));
    }
    return Optional.of(sizes);
  }

  private Optional<List<Size>> joined(List<String> tensors) {
    List<Size> all = new ArrayList<>();
    for (String tensor : tensors) {
      Optional<List<Size>> sizes = of(tensor);
      if (sizes.isEmpty()) {
        return Optional.empty();
      }
      all.addAll(sizes.get());
    }
    return Optional.of(all);
  }

  private Optional<List<Size>> gathered(List<String> inputs) {
    Optional<List<Size>> from = of(inputs.get(0));
    Optional<int[]> indices = constants(inputs.get(1));
    if (from.isEmpty() || indices.isEmpty()) {
      return Optional.empty();
    }
    List<Size> sizes = new ArrayList<>();
    for (int index : indices.get()) {
      if (index < 0 || index >= from.get().size()) {
        return Optional.empty();
      }
      sizes.add(from.get().get(index));
    }
    return Optional.of(sizes);
  }

  private Optional<List<Size>> sliced(NodeDef node) {
    Optional<List<Size>> from = of(node.getInput(0));
    Optional<int[]> begin = constants(node.getInput(1));
    Optional<int[]> end = constants(node.getInput(2));
    Optional<int[]> stride = constants(node.getInput(3));
    if (from.isEmpty() || begin.isEmpty() || end.isEmpty() || stride.isEmpty()) {
      return Optional.empty();
    }
    int size = from.get().size();
    boolean plain =
        begin.get().length == 1
            && stride.get()[0] == 1
            && Nodes.number(node, "ellipsis_mask") == 0
            && Nodes.number(node, "new_axis_mask") == 0;
    if (!plain) {
      return Optional.empty();
    }
    int first = Nodes.number(node, "begin_mask") == 1 ? 0 : fromEnd(begin.get()[0], size);
    int last = Nodes.number(node, "end_mask") == 1 ? size : fromEnd(end.get()[0], size);
    if (Nodes.number(node, "shrink_axis_mask") == 1) {
      last = first + 1;
    }
    return first < 0 || last > size || first > last
        ? Optional.empty()
        : Optional.of(from.get().subList(first, last));
  }

  private static int fromEnd(int index, int size) {
    return index < 0 ? index + size : index;
  }
}
