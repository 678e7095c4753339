package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.MainGraph;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.Scalar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/**
 * Expands nodes that represent state outside the graph: variables, tables, assets, placeholders.
 *
 * <p>The variables of TF1 that are passed by reference become resource variables: a handle, and a
 * read wherever the value is used.
 */
final class StateNodes {
  private static final Map<String, String> ASSIGNS =
      Map.of(
          "Assign", "AssignVariableOp",
          "AssignAdd", "AssignAddVariableOp",
          "AssignSub", "AssignSubVariableOp");

  private final SavedModelContents contents;
  private final GrowingGraph nodes;
  private final SharedNodes shared;

  /** Tables of the main graph by their node there. */
  private final Map<String, String> tables = new HashMap<>();

  StateNodes(SavedModelContents contents, GrowingGraph nodes) {
    this.contents = contents;
    this.nodes = nodes;
    this.shared = new SharedNodes(contents, nodes);
  }

  SharedNodes shared() {
    return shared;
  }

  /** The replacement of such a node; empty if it is copied like any other. */
  Optional<ExpandedOutputs> expand(NodeDef node, CallSite call) throws IOException {
    if (Tables.isTable(node)) {
      return Optional.of(table(node, call));
    }
    Optional<Integer> asset = contents.assetOfNode(node.getName());
    if (call.scope().isGraph() && asset.isPresent()) {
      String path = shared.asset(asset.get());
      return Optional.of(ExpandedOutputs.of("output", List.of(path), path));
    }
    return switch (node.getOp()) {
      case "VarHandleOp", "VariableV2", "Variable" -> Optional.of(variable(node, call));
      case "Placeholder", "PlaceholderV2" -> Optional.of(placeholder(node, call));
      case "PlaceholderWithDefault" -> Optional.of(placeholderWithDefault(node, call));
      case "Assign", "AssignAdd", "AssignSub" -> Optional.of(assign(node, call));
      case "Identity", "RefIdentity" ->
          ExpandedOutputs.isReference(call.data().get(0))
              ? Optional.of(readAs(call.name(), handle(call.data().get(0)), call.controls()))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private ExpandedOutputs table(NodeDef node, CallSite call) throws IOException {
    boolean isShared = call.scope().isGraph();
    if (isShared && tables.containsKey(node.getName())) {
      String table = tables.get(node.getName());
      return ExpandedOutputs.of("table_handle", List.of(table), table);
    }
    String name = nodes.reserve(isShared ? "table/" + node.getName() : call.name());
    Map<String, AttrValue> attributes =
        Expansion.withoutHints(Expansion.attributes(node, call.scope()));
    OpDef definition = OpCatalogue.get().find(node.getOp()).orElseThrow();
    if (OpArguments.attribute(definition, Map.of(), "shared_name").isPresent()) {
      attributes.put("shared_name", Attributes.string("imported/" + name));
      attributes.put("container", Attributes.string(""));
    }
    nodes.add(
        Nodes.node(name, node.getOp()).addAllInput(call.data()).putAllAttr(attributes).build());
    if (isShared) {
      tables.put(node.getName(), name);
    }
    return ExpandedOutputs.of(name, OpArguments.outputs(definition, attributes));
  }

  private ExpandedOutputs variable(NodeDef node, CallSite call) throws IOException {
    ModelVariable variable =
        contents
            .variableOfNode(node.getName())
            .filter(found -> call.scope().isGraph())
            .orElseThrow(
                () -> unsupported(call, "the variable has no value in the model's checkpoint"));
    String handle = shared.variable(variable);
    boolean isResource = node.getOp().equals("VarHandleOp");
    return isResource
        ? ExpandedOutputs.of("resource", List.of(handle), handle)
        : ExpandedOutputs.of("ref", List.of(ExpandedOutputs.REFERENCE + handle), handle);
  }

  private ExpandedOutputs placeholder(NodeDef node, CallSite call) throws IOException {
    throw unsupported(
        call,
        "the signature needs a value for the placeholder '"
            + node.getName()
            + "', which is none of its inputs; export the model with a default for it");
  }

  /** It is not fed: its value is its default, or the setting of the training switch. */
  private ExpandedOutputs placeholderWithDefault(NodeDef node, CallSite call) throws IOException {
    if (call.scope().training().isPresent() && MainGraph.isTrainingSwitch(node)) {
      boolean value = call.scope().training().get();
      String constant = nodes.addConstant(call.name(), Scalar.of(value));
      nodes.note(
          "'" + node.getName() + "' set to " + value + (value ? " to train" : " to evaluate"));
      return ExpandedOutputs.of("output", List.of(constant), constant);
    }
    String source = read(call.data().get(0), call);
    nodes
        .constant(source)
        .filter(value -> call.scope().isGraph())
        .ifPresent(value -> nodes.note("'" + node.getName() + "' stays at its default " + value));
    String name = nodes.reserve(call.name());
    nodes.add(
        Nodes.node(name, "Identity", source)
            .addAllInput(call.controls())
            .putAttr("T", call.scope().attribute(node.getAttrOrThrow("dtype")))
            .build());
    return ExpandedOutputs.of("output", List.of(name), name);
  }

  private ExpandedOutputs assign(NodeDef node, CallSite call) throws IOException {
    String handle = handle(call.data().get(0));
    AttrValue type = call.scope().attribute(node.getAttrOrThrow("T"));
    String assigned =
        nodes.add(
            Nodes.node(
                    nodes.reserve(call.name()),
                    ASSIGNS.get(node.getOp()),
                    handle,
                    read(call.data().get(1), call))
                .addAllInput(call.controls())
                .putAttr("dtype", type)
                .build());
    // A reader of an assignment's reference needs the value after it.
    ExpandedOutputs after = readAs(call.name() + "/after", handle, List.of("^" + assigned));
    return ExpandedOutputs.of("output_ref", after.tensors(), assigned);
  }

  private ExpandedOutputs readAs(String wanted, String handle, List<String> controls)
      throws IOException {
    String name =
        nodes.add(
            Nodes.node(nodes.reserve(wanted), "ReadVariableOp", handle)
                .addAllInput(controls)
                .putAttr("dtype", nodes.node(handle).getAttrOrThrow("dtype"))
                .build());
    return ExpandedOutputs.of("output", List.of(name), name);
  }

  /** The inputs of a copied node; a reference is read where the op needs a value. */
  List<String> read(NodeDef node, OpDef definition, CallSite call) throws IOException {
    if (call.data().stream().noneMatch(ExpandedOutputs::isReference)) {
      return call.data();
    }
    List<String> values = new ArrayList<>();
    for (OpArguments.Argument argument :
        OpArguments.inputs(definition, Expansion.attributes(node, call.scope())).arguments()) {
      for (int i = 0; i < argument.types().size(); i++) {
        if (argument.reference()) {
          throw unsupported(
              call, "op " + node.getOp() + " changes or passes on a variable by reference");
        }
        values.add(read(call.data().get(values.size()), call));
      }
    }
    return values;
  }

  /** A tensor, or the value of the variable that it refers to. */
  String read(String tensor, CallSite call) throws IOException {
    return ExpandedOutputs.isReference(tensor)
        ? readAs(call.name() + "/read", handle(tensor), call.controls()).tensors().get(0)
        : tensor;
  }

  private static String handle(String reference) {
    return reference.substring(ExpandedOutputs.REFERENCE.length());
  }

  private UnsupportedModelException unsupported(CallSite call, String what) {
    return new UnsupportedModelException(contents.file(), "node '" + call.name() + "'", what);
  }
}
