package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.Scalar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Expands conditionals.
 *
 * <p>If the condition is known, only the branch that is taken is expanded. Otherwise, if neither
 * branch has side effects, both are expanded and SelectV2 selects each output: TensorFlow's C++
 * gradients support SelectV2 but not If. Ops of the branch not taken then run too; they may fail,
 * or give NaN that reaches the gradient as zero times NaN. Any other conditional is kept, and
 * cannot be trained through.
 */
final class Branches {
  /** Stateful ops that only read their state. */
  private static final Set<String> READS =
      Set.of(
          "ReadVariableOp",
          "ResourceGather",
          "ResourceGatherNd",
          "VariableShape",
          "LookupTableFindV2",
          "LookupTableSizeV2",
          "PartitionedCall",
          "StatefulPartitionedCall",
          "If");

  private static final Set<DataType> UNSELECTABLE =
      Set.of(DataType.DT_RESOURCE, DataType.DT_VARIANT, DataType.DT_INVALID);

  private final Expansion expansion;
  private final GrowingGraph nodes;
  private final Map<String, Boolean> pure = new HashMap<>();

  Branches(Expansion expansion) {
    this.expansion = expansion;
    this.nodes = expansion.nodes();
  }

  ExpandedOutputs expandIf(NodeDef node, CallSite call) throws IOException {
    NameAttrList yes = call.scope().attribute(node.getAttrOrThrow("then_branch")).getFunc();
    NameAttrList no = call.scope().attribute(node.getAttrOrThrow("else_branch")).getFunc();
    Optional<Scalar> condition = nodes.constant(call.data().get(0));
    if (condition.isPresent()) {
      boolean taken = condition.get().isTrue();
      nodes.note(node.getOp() + " resolved: its condition is constant");
      ExpandedOutputs result = expansion.call(call.withoutFirst(), taken ? yes : no);
      return ExpandedOutputs.of("output", result.tensors(), result.control());
    }
    List<DataType> types =
        call.scope().attribute(node.getAttrOrThrow("Tout")).getList().getTypeList();
    boolean selectable =
        call.scope().attribute(node.getAttrOrThrow("Tcond")).getType() == DataType.DT_BOOL
            && types.stream().noneMatch(UNSELECTABLE::contains)
            && isPure(yes.getName())
            && isPure(no.getName());
    if (!selectable) {
      nodes.note(node.getOp() + " kept: a branch has side effects or a loop");
      return expansion.copy(expansion.loopFunctions().expanded(node, call), call);
    }
    nodes.note(node.getOp() + ": both branches and SelectV2");
    return select(call, yes, no, types);
  }

  ExpandedOutputs expandCase(NodeDef node, CallSite call) throws IOException {
    Optional<Scalar> index = nodes.constant(call.data().get(0));
    if (index.isEmpty()) {
      nodes.note(node.getOp() + " kept: its index depends on the inputs");
      return expansion.copy(expansion.loopFunctions().expanded(node, call), call);
    }
    nodes.note(node.getOp() + " resolved: its index is constant");
    List<NameAttrList> branches =
        call.scope().attribute(node.getAttrOrThrow("branches")).getList().getFuncList();
    // An index out of range takes the last branch.
    int last = branches.size() - 1;
    long taken = index.get().integer();
    ExpandedOutputs result =
        expansion.call(
            call.withoutFirst(), branches.get(taken < 0 || taken > last ? last : (int) taken));
    return ExpandedOutputs.of("output", result.tensors(), result.control());
  }

  private ExpandedOutputs select(
      CallSite call, NameAttrList yes, NameAttrList no, List<DataType> types) throws IOException {
    ExpandedOutputs then = expansion.call(call.withoutFirst().named(call.name() + "/then"), yes);
    ExpandedOutputs otherwise =
        expansion.call(call.withoutFirst().named(call.name() + "/else"), no);
    String condition = scalar(call);
    List<String> selected = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      String ifTrue = then.tensors().get(i);
      String ifFalse = otherwise.tensors().get(i);
      if (ifTrue.equals(ifFalse)) {
        selected.add(ifTrue);
        continue;
      }
      // SelectV2 would broadcast branches of different shapes into one wrong result.
      boolean same =
          SameShape.isProved(
              expansion.function(yes.getName()), expansion.function(no.getName()), i);
      List<String> guard =
          same
              ? List.of()
              : List.of(
                  "^"
                      + SameShape.guard(
                          nodes, call.name(), List.of(ifTrue, ifFalse), types.get(i)));
      selected.add(
          nodes.add(
              Nodes.node(
                      nodes.reserve(call.name() + "/select_" + i),
                      "SelectV2",
                      condition,
                      ifTrue,
                      ifFalse)
                  .addAllInput(guard)
                  .putAttr("T", Attributes.type(types.get(i)))
                  .build()));
    }
    List<String> done = new ArrayList<>();
    for (ExpandedOutputs side : List.of(then, otherwise)) {
      if (side.control() != null) {
        done.add("^" + side.control());
      }
    }
    String control = done.isEmpty() ? null : expansion.waitFor(call.name() + "/_out", done);
    return ExpandedOutputs.of("output", selected, control);
  }

  /** The condition as a scalar, since SelectV2 would use one element of a vector for each row. */
  private String scalar(CallSite call) throws IOException {
    TensorProto shape =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_INT32)
            .setTensorShape(
                TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dim.getDefaultInstance()))
            .build();
    String none = nodes.addConstant(call.name() + "/scalar", shape);
    return nodes.add(
        Nodes.node(nodes.reserve(call.name() + "/condition"), "Reshape", call.data().get(0), none)
            .putAttr("T", Attributes.type(DataType.DT_BOOL))
            .putAttr("Tshape", Attributes.type(DataType.DT_INT32))
            .build());
  }

  /** Returns whether a function and all functions it calls only compute and read. */
  private boolean isPure(String name) {
    Boolean known = pure.get(name);
    if (known == null) {
      known = expansion.function(name).getNodeDefList().stream().allMatch(this::isPure);
      pure.put(name, known);
    }
    return known;
  }

  private boolean isPure(NodeDef node) {
    Optional<OpDef> definition = OpCatalogue.get().find(node.getOp());
    if (definition.isEmpty()) {
      return isPure(node.getOp());
    }
    boolean harmless = !definition.get().getIsStateful() || READS.contains(node.getOp());
    // A loop in a branch not taken might never end.
    if (!harmless || node.getOp().equals("StatelessWhile")) {
      return false;
    }
    return node.getAttrMap().values().stream()
        .flatMap(value -> Nodes.called(value).stream())
        .allMatch(this::isPure);
  }
}
