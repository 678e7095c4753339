package dev.belay.tools.fuzz;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionDefLibrary;
import org.tensorflow.proto.framework.GradientDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Changes what functions take, give and call: loops of calls, chains, trees that double. */
final class FunctionMutation {
  private final FunctionDefLibrary.Builder library;
  private final Dice dice;

  private FunctionMutation(FunctionDefLibrary.Builder library, Dice dice) {
    this.library = library;
    this.dice = dice;
  }

  /** Changes a function of a graph that has some; says which, and how. */
  static String of(Dice dice, GraphDef.Builder graph) {
    return new FunctionMutation(graph.getLibraryBuilder(), dice).change();
  }

  private String change() {
    int at = dice.below(library.getFunctionCount());
    FunctionDef.Builder function = library.getFunctionBuilder(at);
    return "function "
        + function.getSignature().getName()
        + ": "
        + switch (dice.below(11)) {
          case 0 -> calls(function, function.getSignature().getName());
          case 1 -> calls(function, other());
          case 2 -> chain(function, dice.of(List.of(20, 99, 101, 3_000)), 1);
          case 3 -> chain(function, dice.of(List.of(10, 20, 40, 90)), 2);
          case 4 -> loop(function);
          case 5 -> returned(function);
          case 6 -> argument(function);
          case 7 -> rename(function);
          case 8 -> redirect(function);
          case 9 -> gradient(function);
          default -> MessageMutation.of(dice, function);
        };
  }

  private String other() {
    return library.getFunction(dice.below(library.getFunctionCount())).getSignature().getName();
  }

  private static NodeDef call(String name, String function) {
    AttrValue called =
        AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(function)).build();
    AttrValue nothing =
        AttrValue.newBuilder().setList(AttrValue.ListValue.getDefaultInstance()).build();
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("StatefulPartitionedCall")
        .putAttr("f", called)
        .putAttr("Tin", nothing)
        .putAttr("Tout", nothing)
        .build();
  }

  private static void wait(FunctionDef.Builder function, String node) {
    function.putControlRet(node, node);
    function.getSignatureBuilder().addControlOutput(node);
  }

  private String calls(FunctionDef.Builder function, String called) {
    if (dice.chance(50)) {
      function.addNodeDef(call("hostile_call", called));
    } else {
      function.addNodeDef(NodeDef.newBuilder().setName("hostile_call").setOp(called));
    }
    wait(function, "hostile_call");
    return "calls " + called;
  }

  /** Functions that call each other, each the next one {@code calls} times. */
  private String chain(FunctionDef.Builder function, int length, int calls) {
    for (int i = 0; i < length; i++) {
      FunctionDef.Builder link = FunctionDef.newBuilder();
      link.getSignatureBuilder().setName("hostile_" + i);
      for (int call = 0; call < calls && i + 1 < length; call++) {
        link.addNodeDef(call("call_" + call, "hostile_" + (i + 1)));
        wait(link, "call_" + call);
      }
      link.addNodeDef(NodeDef.newBuilder().setName("end").setOp("NoOp"));
      wait(link, "end");
      library.addFunction(link);
    }
    function.addNodeDef(call("hostile_call", "hostile_0"));
    wait(function, "hostile_call");
    return "chain of " + length + " functions, " + calls + " calls each";
  }

  /** A loop that never ends, or runs for long. */
  private String loop(FunctionDef.Builder function) {
    library.addFunction(passing("hostile_body", DataType.DT_BOOL));
    AttrValue types =
        AttrValue.newBuilder()
            .setList(AttrValue.ListValue.newBuilder().addType(DataType.DT_BOOL))
            .build();
    AttrValue passes =
        AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName("hostile_body")).build();
    TensorProto yes =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_BOOL)
            .setTensorShape(TensorShapeProto.getDefaultInstance())
            .addBoolVal(true)
            .build();
    function.addNodeDef(
        NodeDef.newBuilder()
            .setName("hostile_true")
            .setOp("Const")
            .putAttr("dtype", AttrValue.newBuilder().setType(DataType.DT_BOOL).build())
            .putAttr("value", AttrValue.newBuilder().setTensor(yes).build()));
    function.addNodeDef(
        NodeDef.newBuilder()
            .setName("hostile_loop")
            .setOp(dice.chance(50) ? "While" : "StatelessWhile")
            .addInput("hostile_true:output:0")
            .putAttr("T", types)
            .putAttr("cond", passes)
            .putAttr("body", passes));
    wait(function, "hostile_loop");
    return "loop without end";
  }

  private static FunctionDef passing(String name, DataType type) {
    FunctionDef.Builder body = FunctionDef.newBuilder();
    OpDef.ArgDef argument = OpDef.ArgDef.newBuilder().setName("a").setType(type).build();
    OpDef.ArgDef output = argument.toBuilder().setName("b").build();
    body.getSignatureBuilder().setName(name).addInputArg(argument).addOutputArg(output);
    return body.putRet("b", "a").build();
  }

  private String returned(FunctionDef.Builder function) {
    List<String> names = new ArrayList<>(function.getRetMap().keySet());
    if (names.isEmpty()) {
      return "returns nothing";
    }
    names.sort(null);
    String name = dice.of(names);
    switch (dice.below(3)) {
      case 0 -> function.removeRet(name);
      case 1 -> function.putRet(name, dice.oddText());
      default -> function.putRet(name, function.getRetOrThrow(dice.of(names)));
    }
    return "returns another " + name;
  }

  private String argument(FunctionDef.Builder function) {
    OpDef.Builder signature = function.getSignatureBuilder();
    if (signature.getInputArgCount() == 0 || dice.chance(30)) {
      signature.addInputArgBuilder().setName("hostile").setType(DataType.DT_FLOAT);
      return "takes one more";
    }
    int at = dice.below(signature.getInputArgCount());
    if (dice.chance(30)) {
      signature.removeInputArg(at);
      return "takes one less";
    }
    OpDef.ArgDef.Builder argument = signature.getInputArgBuilder(at);
    switch (dice.below(5)) {
      case 0 -> argument.setType(dice.of(List.of(DataType.DT_INVALID, DataType.DT_RESOURCE)));
      case 1 -> argument.setNumberAttr("N").setTypeAttr("T");
      case 2 -> argument.setTypeListAttr("T");
      case 3 -> argument.setName(dice.oddText());
      default -> argument.setIsRef(true);
    }
    return "takes another " + at;
  }

  private String rename(FunctionDef.Builder function) {
    String name = dice.chance(40) ? other() : dice.chance(50) ? "MatMul" : dice.oddText();
    function.getSignatureBuilder().setName(name);
    return "renamed";
  }

  /** One of the calls in it goes to another function. */
  private String redirect(FunctionDef.Builder function) {
    for (NodeDef.Builder node : function.getNodeDefBuilderList()) {
      for (String attribute : List.of("f", "then_branch", "else_branch", "body", "cond")) {
        if (node.containsAttr(attribute)) {
          AttrValue.Builder value = node.getAttrOrThrow(attribute).toBuilder();
          value.getFuncBuilder().setName(other());
          node.putAttr(attribute, value.build());
          return node.getName() + " calls another";
        }
      }
    }
    return "calls none";
  }

  private String gradient(FunctionDef.Builder function) {
    library.addGradient(
        GradientDef.newBuilder()
            .setFunctionName(function.getSignature().getName())
            .setGradientFunc(dice.chance(50) ? other() : dice.oddText()));
    return "another gradient";
  }
}
