package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Reads and writes attributes of loops. */
public final class Loops {
  /** An unknown shape. */
  public static final TensorShapeProto UNKNOWN =
      TensorShapeProto.newBuilder().setUnknownRank(true).build();

  /** Makes the runtime run a loop within the graph around it, iterations in parallel. */
  public static final String LOWERED = "_lower_using_switch_merge";

  private Loops() {}

  static boolean isLoop(NodeDef node) {
    return node.getOp().equals("While") || node.getOp().equals("StatelessWhile");
  }

  static String body(NodeDef loop) {
    return loop.getAttrOrThrow("body").getFunc().getName();
  }

  static String condition(NodeDef loop) {
    return loop.getAttrOrThrow("cond").getFunc().getName();
  }

  static List<DataType> types(NodeDef loop) {
    return loop.getAttrOrThrow("T").getList().getTypeList();
  }

  /** The attribute with the types of a loop's variables. */
  public static AttrValue types(List<DataType> types) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addAllType(types))
        .build();
  }

  /** The attribute that names a function. */
  public static AttrValue function(String name) {
    return AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(name)).build();
  }

  /** Returns whether condition and body consist of ops of TensorFlow. */
  static boolean isReadable(NodeGraph graph, NodeDef loop) {
    return LoopFunction.isReadable(graph, body(loop))
        && LoopFunction.isReadable(graph, condition(loop));
  }

  /** The shapes of a loop's variables, as far as they hold in all iterations. */
  static List<TensorShapeProto> shapes(NodeGraph graph, NodeDef loop, LoopFunction body) {
    List<TensorShapeProto> declared = declaredShapes(loop);
    List<String> inputs = Nodes.dataInputs(loop);
    List<TensorShapeProto> shapes = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Shape shape = body.isInvariant(i) ? graph.shapeOf(inputs.get(i)) : Shape.unknown();
      shapes.add(shape.isUnknown() ? declared.get(i) : proto(shape));
    }
    return shapes;
  }

  static List<TensorShapeProto> declaredShapes(NodeDef loop) {
    List<TensorShapeProto> declared =
        loop.getAttrOrDefault("output_shapes", AttrValue.getDefaultInstance())
            .getList()
            .getShapeList();
    return declared.isEmpty() ? LoopFunction.unknownShapes(types(loop).size()) : declared;
  }

  /** The attribute with the shapes of a loop's variables. */
  public static AttrValue shapes(List<TensorShapeProto> shapes) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addAllShape(shapes))
        .build();
  }

  /** A shape as a graph writes it. */
  public static TensorShapeProto proto(Shape shape) {
    if (shape.isUnknown()) {
      return UNKNOWN;
    }
    TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
    for (long size : shape.asArray()) {
      proto.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return proto.build();
  }
}
