package dev.belay.savedmodel.tensor;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Converts shapes between TensorFlow's protocol buffer and ndarray: -1 is a dimension of unknown
 * size.
 */
public final class Shapes {
  private Shapes() {}

  /** The protocol buffer of a shape, of unknown rank too. */
  public static TensorShapeProto toProto(Shape shape) {
    TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
    if (shape.isUnknown()) {
      return proto.setUnknownRank(true).build();
    }
    for (long dimension : shape.asArray()) {
      proto.addDim(TensorShapeProto.Dim.newBuilder().setSize(dimension));
    }
    return proto.build();
  }
}
