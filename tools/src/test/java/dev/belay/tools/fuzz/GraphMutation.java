package dev.belay.tools.fuzz;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Changes one node or function of a graph into what an author with bad intent might write. */
final class GraphMutation {
  private static final List<String> OPS =
      List.of(
          "ReadFile",
          "WriteFile",
          "Abort",
          "PyFunc",
          "EagerPyFunc",
          "Save",
          "RestoreV2",
          "While",
          "StatelessWhile",
          "If",
          "Case",
          "PartitionedCall",
          "StatefulPartitionedCall",
          "Const",
          "Placeholder",
          "PlaceholderWithDefault",
          "_Arg",
          "_Retval",
          "_Send",
          "Switch",
          "Merge",
          "Enter",
          "Exit",
          "NextIteration",
          "VarHandleOp",
          "VariableV2",
          "ReadVariableOp",
          "AssignVariableOp",
          "TensorListReserve",
          "ParseExample",
          "DecodeRaw",
          "Identity",
          "IdentityN",
          "NoOp",
          "XlaLaunch",
          "RemoteCall",
          "SymbolicGradient",
          "MapDefun",
          "TensorArrayV3",
          "HashTableV2",
          "LookupTableFindV2",
          "InitializeTableFromTextFileV2",
          "Einsum",
          "Reshape",
          "ConcatV2",
          "Split",
          "Pack",
          "Unpack",
          "StridedSlice",
          "GatherV2",
          "ResourceGather",
          "MatMul",
          "BatchMatMulV2",
          "FusedBatchNormV3",
          "RandomUniform",
          "Fill",
          "Range",
          "Shape",
          "Cast",
          "Bitcast",
          "Softmax",
          "NoSuchOp",
          "RemoteFusedGraphExecute");

  private final GraphDef.Builder graph;
  private final Dice dice;

  /** The nodes of the main graph, or of one function. */
  private record Body(int function) {
    boolean isGraph() {
      return function < 0;
    }
  }

  private GraphMutation(GraphDef.Builder graph, Dice dice) {
    this.graph = graph;
    this.dice = dice;
  }

  /** Changes the graph; says what was changed. */
  static String of(Dice dice, GraphDef.Builder graph) {
    return new GraphMutation(graph, dice).change();
  }

  private String change() {
    int functions = graph.getLibrary().getFunctionCount();
    Body body = new Body(functions == 0 || dice.chance(25) ? -1 : dice.below(functions));
    if (count(body) == 0) {
      body = new Body(-1);
    }
    if (count(body) == 0 || dice.chance(15)) {
      return functions == 0 ? "nothing" : FunctionMutation.of(dice, graph);
    }
    int at = dice.below(count(body));
    NodeDef.Builder node = node(body, at);
    String before = node.getName() + " (" + node.getOp() + "): ";
    return before
        + switch (dice.below(12)) {
          case 0 -> op(node);
          case 1, 2, 3 -> inputs(node, body);
          case 4, 5 -> attribute(node, body);
          case 6 -> number(node);
          case 7 -> shape(node);
          case 8 -> constant(body);
          case 9 -> name(node, body);
          case 10 -> copy(body, at);
          default -> MessageMutation.of(dice, node);
        };
  }

  private int count(Body body) {
    return body.isGraph()
        ? graph.getNodeCount()
        : graph.getLibrary().getFunction(body.function()).getNodeDefCount();
  }

  private NodeDef.Builder node(Body body, int at) {
    return body.isGraph()
        ? graph.getNodeBuilder(at)
        : graph.getLibraryBuilder().getFunctionBuilder(body.function()).getNodeDefBuilder(at);
  }

  private List<NodeDef> nodes(Body body) {
    return body.isGraph()
        ? graph.getNodeList()
        : graph.getLibrary().getFunction(body.function()).getNodeDefList();
  }

  private String op(NodeDef.Builder node) {
    List<FunctionDef> functions = graph.getLibrary().getFunctionList();
    boolean function = !functions.isEmpty() && dice.chance(20);
    String op = function ? dice.of(functions).getSignature().getName() : dice.of(OPS);
    node.setOp(op);
    return "op becomes " + op;
  }

  private String inputs(NodeDef.Builder node, Body body) {
    List<String> inputs = new ArrayList<>(node.getInputList());
    String what;
    if (inputs.isEmpty() || dice.chance(30)) {
      String odd = input(body, node.getName());
      inputs.add(dice.below(inputs.size() + 1), odd);
      what = "input added: " + odd;
    } else {
      int at = dice.below(inputs.size());
      switch (dice.below(4)) {
        case 0 -> {
          inputs.remove(at);
          what = "input removed";
        }
        case 1 -> {
          int other = dice.below(inputs.size());
          String kept = inputs.get(at);
          inputs.set(at, inputs.get(other));
          inputs.set(other, kept);
          what = "inputs swapped";
        }
        default -> {
          String odd = input(body, node.getName());
          inputs.set(at, odd);
          what = "input " + at + " becomes " + odd;
        }
      }
    }
    node.clearInput().addAllInput(inputs);
    return what;
  }

  /** Another node, itself (a cycle), an output that is not there, or no name at all. */
  private String input(Body body, String self) {
    NodeDef other = dice.of(nodes(body));
    return switch (dice.below(8)) {
      case 0 -> self;
      case 1 -> "^" + self;
      case 2 -> "^" + other.getName();
      case 3 -> other.getName() + ":" + dice.number();
      case 4 -> dice.oddText();
      case 5 -> other.getName() + ":output:0";
      default -> other.getInputCount() > 0 ? other.getInput(0) : other.getName();
    };
  }

  private String attribute(NodeDef.Builder node, Body body) {
    List<String> names = new ArrayList<>(node.getAttrMap().keySet());
    names.sort(null);
    String name = names.isEmpty() || dice.chance(10) ? dice.oddText() : dice.of(names);
    if (dice.chance(25)) {
      node.removeAttr(name);
      return "attribute " + name + " removed";
    }
    if (dice.chance(50)) {
      AttrValue.Builder value =
          node.getAttrOrDefault(name, AttrValue.getDefaultInstance()).toBuilder();
      String what = MessageMutation.of(dice, value);
      node.putAttr(name, value.build());
      return "attribute " + name + "." + what;
    }
    Map<String, AttrValue> others = dice.of(nodes(body)).getAttrMap();
    List<String> theirs = new ArrayList<>(others.keySet());
    theirs.sort(null);
    AttrValue value =
        theirs.isEmpty() ? AttrValue.getDefaultInstance() : others.get(dice.of(theirs));
    node.putAttr(name, value);
    return "attribute " + name + " of another node";
  }

  /** A count of inputs or outputs, an axis, a mask: any whole number or type. */
  private String number(NodeDef.Builder node) {
    List<String> names = new ArrayList<>();
    node.getAttrMap()
        .forEach(
            (name, value) -> {
              switch (value.getValueCase()) {
                case I, TYPE, B, F, LIST -> names.add(name);
                default -> {}
              }
            });
    if (names.isEmpty()) {
      node.putAttr("N", AttrValue.newBuilder().setI(dice.number()).build());
      return "attribute N added";
    }
    names.sort(null);
    String name = dice.of(names);
    AttrValue.Builder value = node.getAttrOrThrow(name).toBuilder();
    switch (value.getValueCase()) {
      case I -> value.setI(dice.number());
      case TYPE -> value.setTypeValue(type());
      case B -> value.setB(!value.getB());
      case F -> value.setF(Float.intBitsToFloat((int) dice.number()));
      default -> {
        AttrValue.ListValue.Builder list = value.getListBuilder();
        if (list.getTypeCount() > 0 && dice.chance(70)) {
          list.setTypeValue(dice.below(list.getTypeCount()), type());
        } else if (list.getICount() > 0) {
          list.setI(dice.below(list.getICount()), dice.number());
        } else {
          list.addTypeValue(type());
        }
      }
    }
    node.putAttr(name, value.build());
    return "attribute " + name + " changed";
  }

  private int type() {
    if (dice.chance(10)) {
      return (int) dice.number();
    }
    DataType type = dice.of(List.of(DataType.values()));
    return type == DataType.UNRECOGNIZED ? 87 : type.getNumber();
  }

  private String shape(NodeDef.Builder node) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    int rank = dice.chance(10) ? 300 : dice.below(5);
    for (int i = 0; i < rank; i++) {
      shape.addDimBuilder().setSize(dice.number());
    }
    shape.setUnknownRank(dice.chance(10));
    String name = dice.of(List.of("shape", "_output_shapes", "element_shape", "value"));
    AttrValue old = node.getAttrOrDefault(name, AttrValue.getDefaultInstance());
    AttrValue.Builder value = old.toBuilder();
    if (old.hasTensor()) {
      value.getTensorBuilder().setTensorShape(shape);
    } else if (old.hasList()) {
      value.getListBuilder().addShape(shape);
    } else {
      value.setShape(shape);
    }
    node.putAttr(name, value.build());
    return "attribute " + name + " of an odd shape";
  }

  /** A constant whose bytes, values, type and shape do not belong together. */
  private String constant(Body body) {
    List<Integer> constants = new ArrayList<>();
    List<NodeDef> nodes = nodes(body);
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).getAttrMap().containsKey("value")) {
        constants.add(i);
      }
    }
    if (constants.isEmpty()) {
      return "no constant";
    }
    NodeDef.Builder node = node(body, dice.of(constants));
    AttrValue.Builder value = node.getAttrOrThrow("value").toBuilder();
    TensorProto.Builder tensor = value.getTensorBuilder();
    String what;
    switch (dice.below(5)) {
      case 0 -> {
        tensor.setTensorContent(ByteString.copyFrom(dice.bytes(dice.below(100))));
        what = "content of another length";
      }
      case 1 -> {
        tensor.setDtypeValue(type());
        what = "dtype " + tensor.getDtypeValue();
      }
      case 2 -> {
        tensor.addIntVal((int) dice.number()).addFloatVal(1).addInt64Val(dice.number());
        what = "values of other types";
      }
      case 3 -> {
        int size = tensor.getTensorShape().getDimCount();
        if (size == 0) {
          tensor.getTensorShapeBuilder().addDimBuilder().setSize(dice.number());
        } else {
          tensor.getTensorShapeBuilder().getDimBuilder(dice.below(size)).setSize(dice.number());
        }
        what =
            "shape " + tensor.getTensorShape().getDimList().stream().map(d -> d.getSize()).toList();
      }
      default -> {
        tensor
            .clearTensorContent()
            .setDtype(DataType.DT_STRING)
            .addStringVal(dice.chance(50) ? hidden().toByteString() : graph.build().toByteString());
        what = "a graph in a string";
      }
    }
    node.putAttr("value", value.build());
    return "constant " + node.getName() + ": " + what;
  }

  /** A graph that would write a file. */
  private GraphDef hidden() {
    return GraphDef.newBuilder()
        .addNode(NodeDef.newBuilder().setName("f").setOp("WriteFile").addInput("a").addInput("b"))
        .build();
  }

  private String name(NodeDef.Builder node, Body body) {
    String name = dice.chance(50) ? dice.of(nodes(body)).getName() : dice.oddText();
    node.setName(name);
    return "renamed";
  }

  private String copy(Body body, int at) {
    NodeDef.Builder copy = nodes(body).get(at).toBuilder();
    if (dice.chance(70)) {
      copy.setName(copy.getName() + "_copy");
    }
    if (body.isGraph()) {
      graph.addNode(copy);
    } else {
      graph.getLibraryBuilder().getFunctionBuilder(body.function()).addNodeDef(copy);
    }
    return "copied";
  }
}
