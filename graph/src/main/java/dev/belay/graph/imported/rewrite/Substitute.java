package dev.belay.graph.imported.rewrite;

import dev.belay.graph.search.FloatingTypes;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Creates the nodes that replace one node of the original graph; their names begin with its name.
 */
final class Substitute {
  static final AttrValue INT32 = Nodes.type(DataType.DT_INT32);

  private final NodeGraph graph;
  private final NodeDef node;
  private final AttrValue type;

  /** Added nodes have the type of the original's attribute {@code T}. */
  Substitute(NodeGraph graph, NodeDef node) {
    this(graph, node, "T");
  }

  /** The same, for another attribute name. */
  Substitute(NodeGraph graph, NodeDef node, String typeAttribute) {
    this.graph = graph;
    this.node = node;
    this.type = node.getAttrOrThrow(typeAttribute);
  }

  /** Returns whether an attribute names a type that a gradient can be of. */
  static boolean isFloat(NodeDef node, String typeAttribute) {
    return FloatingTypes.isReal(Nodes.type(node, typeAttribute));
  }

  AttrValue type() {
    return type;
  }

  /** The original's op. */
  String op() {
    return node.getOp();
  }

  /** The data inputs of the original. */
  List<String> inputs() {
    return Nodes.dataInputs(node);
  }

  String input(int index) {
    return node.getInput(index);
  }

  /** The known shape of an input. */
  Shape shapeOf(int index) {
    return graph.shapeOf(input(index));
  }

  /** Adds a node of the original's type. */
  String op(String suffix, String op, String... inputs) {
    return put(start(suffix, op, inputs).putAttr("T", type));
  }

  /** Adds a node on int32 tensors, such as shapes. */
  String integerOp(String suffix, String op, String... inputs) {
    return put(start(suffix, op, inputs).putAttr("T", INT32));
  }

  /** A node under a separate name, not added yet. */
  NodeDef.Builder start(String suffix, String op, String... inputs) {
    return Nodes.node(graph.fresh(node.getName() + "/" + suffix), op, inputs);
  }

  String put(NodeDef.Builder built) {
    graph.put(built.build());
    return built.getName();
  }

  /** A scalar of the original's type. */
  String constant(String suffix, double value) {
    DataType dtype = type.getType();
    boolean isNarrow = dtype == DataType.DT_HALF || dtype == DataType.DT_BFLOAT16;
    DataType written = isNarrow ? DataType.DT_FLOAT : dtype;
    NodeDef constant = Nodes.constant(graph.fresh(node.getName() + "/" + suffix), written, value);
    graph.put(constant);
    return isNarrow ? cast(suffix, constant.getName(), written, dtype) : constant.getName();
  }

  /** An int32 scalar. */
  String integer(String suffix, int value) {
    return put(Nodes.constant(graph.fresh(node.getName() + "/" + suffix), value).toBuilder());
  }

  /** An int32 vector. */
  String integers(String suffix, int... values) {
    return put(Nodes.vector(graph.fresh(node.getName() + "/" + suffix), values).toBuilder());
  }

  String cast(String suffix, String tensor, DataType from, DataType to) {
    return put(
        start(suffix, "Cast", tensor)
            .putAttr("SrcT", Nodes.type(from))
            .putAttr("DstT", Nodes.type(to)));
  }

  /** The shape of a tensor of the original's type, an int32 vector. */
  String shape(String suffix, String tensor) {
    return put(start(suffix, "Shape", tensor).putAttr("T", type).putAttr("out_type", INT32));
  }

  /** The rank of a tensor of the original's type, an int32 scalar. */
  String rank(String suffix, String tensor) {
    return op(suffix, "Rank", tensor);
  }

  String reshape(String suffix, String tensor, String shape) {
    return put(start(suffix, "Reshape", tensor, shape).putAttr("T", type).putAttr("Tshape", INT32));
  }

  String broadcastTo(String suffix, String tensor, String shape) {
    return put(
        start(suffix, "BroadcastTo", tensor, shape).putAttr("T", type).putAttr("Tidx", INT32));
  }

  /** The broadcast shape of two tensors of the original's type. */
  String commonShape(String suffix, String x, String y) {
    return integerOp(suffix, "BroadcastArgs", shape(suffix + "_x", x), shape(suffix + "_y", y));
  }

  /** Some elements of an int32 vector. */
  String elements(String suffix, String vector, String indices) {
    return put(
        start(suffix, "GatherV2", vector, indices, integer(suffix + "_axis", 0))
            .putAttr("Tparams", INT32)
            .putAttr("Tindices", INT32)
            .putAttr("Taxis", INT32));
  }

  /** The concatenation of int32 vectors. */
  String concat(String suffix, String... vectors) {
    return put(
        start(suffix, "ConcatV2", vectors)
            .addInput(integer(suffix + "_axis", 0))
            .putAttr("N", Nodes.integer(vectors.length))
            .putAttr("T", INT32)
            .putAttr("Tidx", INT32));
  }

  /** Int32 tensors stacked along a new axis. */
  String pack(String suffix, int axis, String... tensors) {
    return put(
        start(suffix, "Pack", tensors)
            .putAttr("N", Nodes.integer(tensors.length))
            .putAttr("axis", Nodes.integer(axis))
            .putAttr("T", INT32));
  }

  /** The original's op and attributes on other inputs, not added yet. */
  NodeDef.Builder copy(String suffix, String... inputs) {
    return node.toBuilder()
        .clearInput()
        .setName(graph.fresh(node.getName() + "/" + suffix))
        .addAllInput(List.of(inputs));
  }

  /** Adds the original under another name. */
  String original(String suffix) {
    return put(node.toBuilder().setName(graph.fresh(node.getName() + "/" + suffix)));
  }

  /** Replaces the original by an op of its type. */
  void by(String op, String... inputs) {
    by(Nodes.node(node.getName(), op, inputs).putAttr("T", type));
  }

  /** Replaces the original by another node, which gets its name and control inputs. */
  void by(NodeDef.Builder replacement) {
    graph.put(replacement.setName(node.getName()).addAllInput(Nodes.controlInputs(node)).build());
  }

  /** Keeps the value of the original, bit for bit, with the gradient of another tensor. */
  void byValueAndGradientOf(String slope) {
    String value = op("value", "StopGradient", original("original"));
    String zero = op("zero", "Sub", slope, op("level", "StopGradient", slope));
    by("AddV2", value, zero);
  }
}
