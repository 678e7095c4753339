package dev.belay.graph.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Bytes of each tensor of a graph whose placeholders have given shapes, as TensorFlow infers them.
 *
 * @param bytes by node, then by output
 */
record TensorSizes(Map<String, List<Long>> bytes) {
  private static final String SHAPE = "shape";

  /**
   * Infers the sizes.
   *
   * @param shapes of placeholders, by the names of their nodes
   * @param rows what an unknown first dimension is taken for: tokens of the batch
   */
  static TensorSizes of(GraphDef graph, Map<String, Shape> shapes, long rows) {
    GraphDef.Builder known = graph.toBuilder();
    for (NodeDef.Builder node : known.getNodeBuilderList()) {
      Shape shape = shapes.get(node.getName());
      if (shape != null) {
        TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
        for (long size : shape.asArray()) {
          proto.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
        }
        node.putAttr(SHAPE, AttrValue.newBuilder().setShape(proto).build());
        node.removeAttr("_output_shapes");
      }
    }
    try (Graph inferred = new Graph()) {
      inferred.importGraphDef(known.build());
      Map<String, List<Long>> bytes = new HashMap<>();
      inferred
          .operations()
          .forEachRemaining(operation -> bytes.put(operation.name(), ofNode(operation, rows)));
      return new TensorSizes(bytes);
    }
  }

  private static List<Long> ofNode(GraphOperation node, long rows) {
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < node.numOutputs(); i++) {
      Shape shape = node.output(i).shape();
      sizes.add(shape.isUnknown() ? 0 : elements(shape, rows) * width(node.output(i).dataType()));
    }
    return sizes;
  }

  private static long elements(Shape shape, long rows) {
    long elements = 1;
    for (int i = 0; i < shape.numDimensions(); i++) {
      boolean unknown = shape.get(i) == Shape.UNKNOWN_SIZE;
      elements *= unknown ? (i == 0 ? rows : 1) : shape.get(i);
    }
    return elements;
  }

  private static long width(DataType type) {
    return switch (type) {
      case DT_DOUBLE, DT_INT64, DT_UINT64, DT_COMPLEX64 -> 8;
      case DT_HALF, DT_BFLOAT16, DT_INT16, DT_UINT16 -> 2;
      case DT_BOOL, DT_INT8, DT_UINT8 -> 1;
      case DT_RESOURCE, DT_VARIANT, DT_STRING -> 0;
      default -> 4;
    };
  }

  long of(String node, int output) {
    return bytes.get(node).get(output);
  }

  int outputs(String node) {
    return bytes.get(node).size();
  }
}
