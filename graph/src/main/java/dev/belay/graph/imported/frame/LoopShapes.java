package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.loop.Loops;
import dev.belay.graph.imported.rewrite.NodeGraph;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Shapes of a loop's variables that hold in all iterations.
 *
 * @param shapes of the variables, in order
 */
record LoopShapes(List<TensorShapeProto> shapes) {
  /** After so many rounds a variable whose shape still changes has an unknown one. */
  private static final int ROUNDS = 4;

  /** Begins with the shapes of the inputs, and forgets the sizes that an iteration changes. */
  static LoopShapes of(
      NodeGraph graph, ExtractedFunction body, List<String> inputs, List<DataType> types) {
    List<TensorShapeProto> shapes = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      boolean isValue = types.get(i) != DataType.DT_VARIANT && types.get(i) != DataType.DT_RESOURCE;
      shapes.add(isValue ? Loops.proto(graph.shapeOf(inputs.get(i))) : Loops.UNKNOWN);
    }
    for (int round = 0; ; round++) {
      NodeGraph nodes = body.nodes(types, shapes);
      List<TensorShapeProto> next = new ArrayList<>();
      for (int i = 0; i < shapes.size(); i++) {
        TensorShapeProto after = Loops.proto(nodes.shapeOf(body.results().get(i)));
        TensorShapeProto common = common(shapes.get(i), after);
        boolean settles = common.equals(shapes.get(i)) || round < ROUNDS;
        next.add(settles ? common : Loops.UNKNOWN);
      }
      if (next.equals(shapes)) {
        return new LoopShapes(shapes);
      }
      shapes = next;
    }
  }

  private static TensorShapeProto common(TensorShapeProto one, TensorShapeProto other) {
    if (one.getUnknownRank()
        || other.getUnknownRank()
        || one.getDimCount() != other.getDimCount()) {
      return Loops.UNKNOWN;
    }
    long[] sizes = new long[one.getDimCount()];
    for (int i = 0; i < sizes.length; i++) {
      long size = one.getDim(i).getSize();
      sizes[i] = size == other.getDim(i).getSize() ? size : Shape.UNKNOWN_SIZE;
    }
    return Loops.proto(Shape.of(sizes));
  }
}
