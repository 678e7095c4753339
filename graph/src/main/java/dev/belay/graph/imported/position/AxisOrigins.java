package dev.belay.graph.imported.position;

import dev.belay.graph.imported.position.ShapeSizes.Axis;
import dev.belay.graph.imported.position.ShapeSizes.Size;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Follows an axis of a tensor to where its size comes from, so that two axes are known to be equal
 * whatever the batch.
 */
final class AxisOrigins {
  private final NodeGraph graph;
  private final ShapeSizes sizes;
  private final Map<Axis, Axis> known = new HashMap<>();

  AxisOrigins(NodeGraph graph) {
    this.graph = graph;
    this.sizes = new ShapeSizes(graph);
  }

  /** The axis that an axis has its size of, perhaps itself. */
  Axis of(Axis axis) {
    List<Axis> way = new ArrayList<>();
    Axis origin = axis;
    while (!known.containsKey(origin)) { // a graph without loops ends
      way.add(origin);
      Optional<Axis> next = next(origin);
      if (next.isEmpty()) {
        known.put(origin, origin);
      } else {
        origin = next.get();
      }
    }
    Axis last = known.get(origin);
    way.forEach(passed -> known.put(passed, last));
    return last;
  }

  private Optional<Axis> next(Axis axis) {
    NodeDef node = graph.node(axis.tensor());
    if (RowRules.isElementwise(node)) {
      return broadcast(node, axis);
    }
    return switch (node.getOp()) {
      case "BiasAdd", "Softmax", "LogSoftmax" -> input(node, 0, axis.index());
      case "Transpose" ->
          sizes.constants(node.getInput(1)).flatMap(order -> input(node, 0, order[axis.index()]));
      case "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3" -> product(node, axis);
      case "Reshape" ->
          sizes
              .of(node.getInput(1))
              .map(shape -> shape.get(axis.index()))
              .filter(Size::isAxis)
              .map(size -> size.axes().get(0));
      default -> Optional.empty();
    };
  }

  private Optional<Axis> input(NodeDef node, int input, int axis) {
    return Optional.of(new Axis(graph.current(node.getInput(input)), axis));
  }

  private Optional<Axis> broadcast(NodeDef node, Axis axis) {
    Shape result = graph.shapeOf(node.getName());
    List<String> inputs = Nodes.dataInputs(node);
    for (int i = 0; i < inputs.size() && !result.isUnknown(); i++) {
      Shape shape = graph.shapeOf(inputs.get(i));
      if (shape.isUnknown()) {
        return Optional.empty();
      }
      int own = axis.index() - (result.numDimensions() - shape.numDimensions());
      if (own >= 0 && shape.get(own) != 1) {
        return input(node, i, own);
      }
    }
    return Optional.empty();
  }

  private Optional<Axis> product(NodeDef node, Axis axis) {
    Shape result = graph.shapeOf(node.getName());
    Shape first = graph.shapeOf(node.getInput(0));
    boolean batch =
        !result.isUnknown()
            && !first.isUnknown()
            && first.numDimensions() == result.numDimensions()
            && axis.index() < result.numDimensions() - 2
            && first.get(axis.index()) != 1; // else the size may be the other factor's
    return batch ? input(node, 0, axis.index()) : Optional.empty();
  }
}
