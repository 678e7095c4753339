package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Ensures that the two branches of a conditional return tensors of the same shape. */
final class SameShape {

  private SameShape() {}

  /** Returns whether the output shape that Python recorded is fully known. */
  static boolean isProved(FunctionDef yes, FunctionDef no, int output) {
    Optional<TensorShapeProto> a = recorded(yes, output);
    Optional<TensorShapeProto> b = recorded(no, output);
    return a.isPresent() && a.equals(b) && isDefined(a.get());
  }

  private static boolean isDefined(TensorShapeProto shape) {
    return !shape.getUnknownRank()
        && shape.getDimList().stream().allMatch(dimension -> dimension.getSize() >= 0);
  }

  private static Optional<TensorShapeProto> recorded(FunctionDef function, int output) {
    String source = function.getRetOrThrow(function.getSignature().getOutputArg(output).getName());
    String[] parts = source.split(":", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    // Only nodes with one output: for others the position depends on the op.
    for (NodeDef node : function.getNodeDefList()) {
      if (node.getName().equals(parts[0]) && node.containsAttr(Attributes.OUTPUT_SHAPES)) {
        AttrValue.ListValue shapes = node.getAttrOrThrow(Attributes.OUTPUT_SHAPES).getList();
        return shapes.getShapeCount() == 1 && TensorName.index(parts[2], 0) == 0
            ? Optional.of(shapes.getShape(0))
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  /**
   * Adds a check that fails at run time if the shapes differ.
   *
   * @return the node to wait for
   */
  static String guard(GrowingGraph nodes, String name, List<String> tensors, DataType type)
      throws IOException {
    List<String> shapes = new ArrayList<>();
    List<String> ranks = new ArrayList<>();
    for (String tensor : tensors) {
      shapes.add(of(nodes, name + "/shape", "Shape", tensor, type));
      ranks.add(of(nodes, name + "/rank", "Rank", tensor, type));
    }
    String sameRank = equal(nodes, name + "/same_rank", ranks);
    String sameSizes = equal(nodes, name + "/same_sizes", shapes);
    String all = nodes.addConstant(name + "/all", vector(0));
    // If the ranks differ there is no axis to reduce, which fails too.
    String sameShape =
        nodes.add(
            Nodes.node(nodes.reserve(name + "/same_shape"), "All", sameSizes, all)
                .putAttr("Tidx", Attributes.type(DataType.DT_INT32))
                .build());
    String same =
        nodes.add(
            Nodes.node(nodes.reserve(name + "/same"), "LogicalAnd", sameRank, sameShape).build());
    String message = nodes.addConstant(name + "/message", text());
    return nodes.add(
        Nodes.node(nodes.reserve(name + "/check"), "Assert", same, message)
            .addInput(shapes.get(0))
            .addInput(shapes.get(1))
            .putAttr(
                "T",
                AttrValue.newBuilder()
                    .setList(
                        AttrValue.ListValue.newBuilder()
                            .addType(DataType.DT_STRING)
                            .addType(DataType.DT_INT32)
                            .addType(DataType.DT_INT32))
                    .build())
            .build());
  }

  private static String of(GrowingGraph nodes, String name, String op, String tensor, DataType type)
      throws IOException {
    return nodes.add(
        Nodes.node(nodes.reserve(name), op, tensor).putAttr("T", Attributes.type(type)).build());
  }

  private static String equal(GrowingGraph nodes, String name, List<String> tensors)
      throws IOException {
    return nodes.add(
        Nodes.node(nodes.reserve(name), "Equal", tensors.get(0), tensors.get(1))
            .putAttr("T", Attributes.type(DataType.DT_INT32))
            .putAttr("incompatible_shape_error", AttrValue.newBuilder().setB(false).build())
            .build());
  }

  private static TensorProto vector(int value) {
    return TensorProto.newBuilder()
        .setDtype(DataType.DT_INT32)
        .setTensorShape(
            TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dim.newBuilder().setSize(1)))
        .addIntVal(value)
        .build();
  }

  private static TensorProto text() {
    return TensorProto.newBuilder()
        .setDtype(DataType.DT_STRING)
        .setTensorShape(TensorShapeProto.getDefaultInstance())
        .addStringVal(
            Attributes.string(
                    "the two branches of a conditional, both of which Belay computes, differ in"
                        + " shape:")
                .getS())
        .build();
  }
}
