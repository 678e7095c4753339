package dev.belay.savedmodel.model.op;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;

/** Builds nodes, and reads to which nodes and functions they refer. */
public final class Nodes {
  private Nodes() {}

  /** A node without attributes. */
  public static NodeDef.Builder node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  /** The nodes that a node reads or waits for, in a graph or in a function. */
  public static List<String> inputs(NodeDef node) {
    return node.getInputList().stream().map(TensorName::nodeOf).toList();
  }

  /** The functions that a node may call: its op, and those that its attributes name. */
  public static List<String> called(NodeDef node) {
    List<String> called = new ArrayList<>();
    called.add(node.getOp());
    node.getAttrMap().values().forEach(value -> called.addAll(called(value)));
    return called;
  }

  /** The functions that an attribute names. */
  public static List<String> called(AttrValue value) {
    return value.hasFunc()
        ? List.of(value.getFunc().getName())
        : value.getList().getFuncList().stream().map(NameAttrList::getName).toList();
  }
}
