package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Replaces the ops of arrays of TensorFlow 1 by those of lists, each node under its name. */
final class ArrayOps {
  static final String ARRAY = "TensorArrayV3";

  /** The position of the flow among the inputs of an op. */
  static final Map<String, Integer> FLOW_INPUT =
      Map.of(
          "TensorArrayReadV3", 2,
          "TensorArrayWriteV3", 3,
          "TensorArrayGatherV3", 2,
          "TensorArrayScatterV3", 3,
          "TensorArrayConcatV3", 1,
          "TensorArraySplitV3", 3,
          "TensorArraySizeV3", 1);

  private static final AttrValue INT32 = Nodes.type(DataType.DT_INT32);

  private final NodeGraph graph;
  private final NodeDef node;
  private final NodeDef array;

  /**
   * @param array the node that made the array
   */
  ArrayOps(NodeGraph graph, NodeDef node, NodeDef array) {
    this.graph = graph;
    this.node = node;
    this.array = array;
  }

  /** The node with a list for the flow; its first output is the list or what was read. */
  NodeDef replacement() throws Irregular {
    List<String> in = Nodes.dataInputs(node);
    NodeDef.Builder list =
        switch (node.getOp()) {
          case ARRAY ->
              op("TensorListReserve", elementShape(in.get(0)), in.get(0))
                  .putAttr("shape_type", INT32);
          case "TensorArrayReadV3" ->
              op("TensorListGetItem", in.get(2), in.get(1), elementShape(in.get(1)));
          case "TensorArrayWriteV3" ->
              op("TensorListSetItem", withRoom(in.get(3), in.get(1)), in.get(1), in.get(2));
          case "TensorArrayGatherV3" -> gather(in);
          case "TensorArrayScatterV3" ->
              op("TensorListScatterIntoExistingList", in.get(3), in.get(2), in.get(1));
          case "TensorArrayConcatV3" ->
              op("TensorListConcatV2", in.get(1), elementShape(in.get(1)), noLengths(in.get(1)))
                  .putAttr("shape_type", INT32);
          case "TensorArraySplitV3" ->
              op("TensorListSplit", in.get(1), elementShape(in.get(1)), in.get(2))
                  .putAttr("shape_type", INT32);
          case "TensorArraySizeV3" -> Nodes.node(node.getName(), "TensorListLength", in.get(1));
          case "TensorArrayCloseV3" -> Nodes.node(node.getName(), "NoOp");
          default -> throw new Irregular(node.getOp() + " has no counterpart");
        };
    return list.addAllInput(Nodes.controlInputs(node)).build();
  }

  private NodeDef.Builder op(String op, String... inputs) {
    return Nodes.node(node.getName(), op, inputs)
        .putAttr("element_dtype", array.getAttrOrThrow("dtype"));
  }

  /** All elements of the list, or some of them, any of which may come twice. */
  private NodeDef.Builder gather(List<String> in) {
    String shape = elementShape(in.get(1));
    if (isAll(in.get(1))) {
      return op("TensorListStack", in.get(2), shape).putAttr("num_elements", Nodes.integer(-1));
    }
    NodeDef.Builder all =
        op("TensorListStack", in.get(2), shape).putAttr("num_elements", Nodes.integer(-1));
    String stacked = put(all.setName(fresh("all")));
    return Nodes.node(node.getName(), "GatherV2", stacked, in.get(1), constant("axis", 0, stacked))
        .putAttr("Tparams", array.getAttrOrThrow("dtype"))
        .putAttr("Tindices", INT32)
        .putAttr("Taxis", INT32);
  }

  /** Returns whether indices are those of all elements of this array. */
  private boolean isAll(String indices) {
    NodeDef range = graph.node(graph.behindIdentity(indices));
    return range.getOp().equals("Range")
        && isConstant(range.getInput(0), 0)
        && isConstant(range.getInput(2), 1)
        && graph.node(range.getInput(1)).getOp().equals("TensorListLength")
        && TensorName.canonical(graph.node(range.getInput(1)).getInput(0))
            .equals(TensorName.canonical(Nodes.dataInputs(node).get(2)));
  }

  private boolean isConstant(String tensor, int value) {
    NodeDef constant = graph.node(tensor);
    return constant.getOp().equals("Const")
        && Nodes.scalarInt(constant).filter(found -> found == value).isPresent();
  }

  /** A list that has the element which is written, if the array grows. */
  private String withRoom(String list, String index) {
    if (!Nodes.flag(array, "dynamic_size")) {
      return list;
    }
    String length = put(Nodes.node(fresh("length"), "TensorListLength", list));
    String next = put(integers("next", "AddV2", index, constant("one", 1, index)));
    String size = put(integers("size", "Maximum", length, next));
    return put(Nodes.node(fresh("room"), "TensorListResize", list, size));
  }

  private NodeDef.Builder integers(String suffix, String op, String... inputs) {
    return Nodes.node(fresh(suffix), op, inputs).putAttr("T", INT32);
  }

  /** The shape of the array's elements, as far as it declares one. */
  private String elementShape(String near) {
    TensorShapeProto shape =
        array.getAttrOrDefault("element_shape", AttrValue.getDefaultInstance()).getShape();
    boolean known = array.containsAttr("element_shape") && !shape.getUnknownRank();
    if (!known) {
      return constant("any_shape", -1, near);
    }
    int[] sizes = shape.getDimList().stream().mapToInt(size -> (int) size.getSize()).toArray();
    return put(
        Nodes.vector(fresh("element_shape"), sizes).toBuilder()
            .addInput("^" + TensorName.node(near)));
  }

  private String noLengths(String near) {
    TensorProto.Builder none =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_INT64)
            .setTensorShape(
                TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dim.getDefaultInstance()));
    return put(
        Nodes.node(fresh("no_lengths"), "Const", "^" + TensorName.node(near))
            .putAttr("dtype", Nodes.type(DataType.DT_INT64))
            .putAttr("value", AttrValue.newBuilder().setTensor(none).build()));
  }

  /** A constant in the frame of another tensor: one without inputs would be outside all loops. */
  private String constant(String suffix, int value, String near) {
    return put(
        Nodes.constant(fresh(suffix), value).toBuilder().addInput("^" + TensorName.node(near)));
  }

  private String fresh(String suffix) {
    return graph.fresh(node.getName() + "/" + suffix);
  }

  private String put(NodeDef.Builder added) {
    graph.put(added.build());
    return added.getName();
  }
}
