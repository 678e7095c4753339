package dev.belay.savedmodel.model.op;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.tensor.Shapes;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Attribute values of nodes. */
public final class Attributes {
  /** Attribute that names a function for the gradient of a node. */
  public static final String GRADIENT = "_gradient_op_type";

  /** Attribute with the inferred shapes of a node's outputs. */
  public static final String OUTPUT_SHAPES = "_output_shapes";

  private Attributes() {}

  /** A string. */
  public static AttrValue string(String value) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
  }

  /** A type. */
  public static AttrValue type(DataType type) {
    return AttrValue.newBuilder().setType(type).build();
  }

  /** A list of types. */
  public static AttrValue types(List<DataType> types) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addAllType(types))
        .build();
  }

  /** A shape. */
  public static AttrValue shape(Shape shape) {
    return AttrValue.newBuilder().setShape(Shapes.toProto(shape)).build();
  }

  /** A call of a function. */
  public static AttrValue function(String name) {
    return AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(name)).build();
  }

  /** A scalar, as the value of a Const. */
  public static AttrValue int32(int value) {
    return AttrValue.newBuilder()
        .setTensor(
            TensorProto.newBuilder()
                .setDtype(DataType.DT_INT32)
                .setTensorShape(TensorShapeProto.getDefaultInstance())
                .addIntVal(value))
        .build();
  }

  /** A vector of strings, as the value of a Const. */
  public static AttrValue strings(List<String> values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_STRING)
            .setTensorShape(
                TensorShapeProto.newBuilder()
                    .addDim(TensorShapeProto.Dim.newBuilder().setSize(values.size())));
    values.forEach(value -> tensor.addStringVal(ByteString.copyFromUtf8(value)));
    return AttrValue.newBuilder().setTensor(tensor).build();
  }
}
