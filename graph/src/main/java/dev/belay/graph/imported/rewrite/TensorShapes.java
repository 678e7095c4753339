package dev.belay.graph.imported.rewrite;

import dev.belay.graph.search.Operations;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;

/** Types and shapes of tensors, from the native inference, which runs when a graph is imported. */
final class TensorShapes {
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Map<String, DataType> types = new HashMap<>();

  private TensorShapes() {}

  /** Imports the graph into one that is closed again before this returns. */
  static TensorShapes infer(GraphDef graphDef) {
    TensorShapes inferred = new TensorShapes();
    try (Graph scratch = new Graph()) {
      scratch.importGraphDef(graphDef);
      for (GraphOperation operation : Operations.of(scratch)) {
        for (int output = 0; output < operation.numOutputs(); output++) {
          String tensor = TensorName.of(operation.name(), output);
          inferred.shapes.put(tensor, operation.output(output).shape());
          inferred.types.put(tensor, operation.output(output).dataType());
        }
      }
    }
    return inferred;
  }

  /** The shape of a tensor; unknown for tensors that were added since. */
  Shape of(String tensor) {
    return shapes.getOrDefault(TensorName.canonical(tensor), Shape.unknown());
  }

  /** The type of a tensor that the graph began with. */
  DataType type(String tensor) {
    return types.get(TensorName.canonical(tensor));
  }
}
