package dev.belay.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;

/**
 * Any graph of float32, its gradients with it, in float64: the same nodes with the same edges, so
 * that what they compute can be held against central differences far below float32's precision.
 */
final class WideGraph {
  private WideGraph() {}

  static GraphDef of(GraphDef narrow) {
    GraphDef.Builder wide = narrow.toBuilder().clearNode();
    for (NodeDef node : narrow.getNodeList()) {
      NodeDef.Builder widened = node.toBuilder();
      node.getAttrMap().forEach((name, value) -> widened.putAttr(name, wide(value)));
      wide.addNode(widened);
    }
    return wide.build();
  }

  private static AttrValue wide(AttrValue value) {
    AttrValue.Builder widened = value.toBuilder();
    if (value.getType() == DataType.DT_FLOAT) {
      widened.setType(DataType.DT_DOUBLE);
    }
    for (int i = 0; i < value.getList().getTypeCount(); i++) {
      if (value.getList().getType(i) == DataType.DT_FLOAT) {
        widened.getListBuilder().setType(i, DataType.DT_DOUBLE);
      }
    }
    if (value.hasTensor() && value.getTensor().getDtype() == DataType.DT_FLOAT) {
      widened.setTensor(wide(value.getTensor()));
    }
    return widened.build();
  }

  private static TensorProto wide(TensorProto tensor) {
    TensorProto.Builder widened = tensor.toBuilder().setDtype(DataType.DT_DOUBLE).clearFloatVal();
    tensor.getFloatValList().forEach(value -> widened.addDoubleVal(value));
    widened.clearTensorContent();
    ByteBuffer content =
        tensor.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    while (content.hasRemaining()) {
      widened.addDoubleVal(content.getFloat());
    }
    return widened.build();
  }
}
