package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.MainGraph;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
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
  private final FlatNodes nodes;
  private final SharedNodes shared;

  /** Tables of the main graph by their node there. */
  private final Map<String, String> tables = new HashMap<>();

  StateNodes(SavedModelContents contents, FlatNodes nodes) {
    this.contents = contents;
    this.nodes = nodes;
    this.shared = new SharedNodes(contents, nodes);
  }

  SharedNodes shared() {
    return shared;
  }

  /** The replacement of such a node; empty if it is copied like any other. */
  Optional<Values> expand(NodeDef node, Call call) throws IOException {
    if (Tables.isTable(node)) {
      return Optional.of(table(node, call));
    }
    Optional<Integer> asset = contents.assetOfNode(node.getName());
    if (call.scope().isGraph() && asset.isPresent()) {
      String path = shared.asset(asset.get());
      return Optional.of(Values.of("output", List.of(path), path));
    }
    return switch (node.getOp()) {
      case "VarHandleOp", "VariableV2", "Variable" -> Optional.of(variable(node, call));
      case "Placeholder", "PlaceholderV2" -> Optional.of(placeholder(node, call));
      case "PlaceholderWithDefault" -> Optional.of(placeholderWithDefault(node, call));
      case "Assign", "AssignAdd", "AssignSub" -> Optional.of(assign(node, call));
      case "Identity", "RefIdentity" ->
          Values.isReference(call.data().get(0))
              ? Optional.of(readAs(call.name(), handle(call.data().get(0)), call.controls()))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private Values table(NodeDef node, Call call) throws IOException {
    boolean isShared = call.scope().isGraph();
    if (isShared && tables.containsKey(node.getName())) {
      String table = tables.get(node.getName());
      return Values.of("table_handle", List.of(table), table);
    }
    String name = nodes.reserve(isShared ? "table/" + node.getName() : call.name());
    Map<String, AttrValue> attributes =
        Expansion.withoutHints(Expansion.attributes(node, call.scope()));
    OpDef definition = OpCatalogue.get().find(node.getOp()).orElseThrow();
    if (OpArguments.attribute(definition, Map.of(), "shared_name").isPresent()) {
      attributes.put("shared_name", FlatNodes.string("imported/" + name));
      attributes.put("container", FlatNodes.string(""));
    }
    nodes.add(
        FlatNodes.node(name, node.getOp()).addAllInput(call.data()).putAllAttr(attributes).build());
    if (isShared) {
      tables.put(node.getName(), name);
    }
    return Values.of(name, OpArguments.outputs(definition, attributes));
  }

  private Values variable(NodeDef node, Call call) throws IOException {
    ModelVariable variable =
        contents
            .variableOfNode(node.getName())
            .filter(found -> call.scope().isGraph())
            .orElseThrow(
                () -> unsupported(call, "the variable has no value in the model's checkpoint"));
    String handle = shared.variable(variable);
    boolean isResource = node.getOp().equals("VarHandleOp");
    return isResource
        ? Values.of("resource", List.of(handle), handle)
        : Values.of("ref", List.of(Values.REFERENCE + handle), handle);
  }

  private Values placeholder(NodeDef node, Call call) throws IOException {
    throw unsupported(
        call,
        "the signature needs a value for the placeholder '"
            + node.getName()
            + "', which is none of its inputs; export the model with a default for it");
  }

  /** It is not fed: its value is its default, or the setting of the training switch. */
  private Values placeholderWithDefault(NodeDef node, Call call) throws IOException {
    if (call.scope().training().isPresent() && MainGraph.isTrainingSwitch(node)) {
      boolean value = call.scope().training().get();
      String constant = nodes.addConstant(call.name(), Scalar.of(value));
      nodes.note(
          "'" + node.getName() + "' set to " + value + (value ? " to train" : " to evaluate"));
      return Values.of("output", List.of(constant), constant);
    }
    String source = read(call.data().get(0), call);
    nodes
        .constant(source)
        .filter(value -> call.scope().isGraph())
        .ifPresent(value -> nodes.note("'" + node.getName() + "' stays at its default " + value));
    String name = nodes.reserve(call.name());
    nodes.add(
        FlatNodes.node(name, "Identity", source)
            .addAllInput(call.controls())
            .putAttr("T", call.scope().attribute(node.getAttrOrThrow("dtype")))
            .build());
    return Values.of("output", List.of(name), name);
  }

  private Values assign(NodeDef node, Call call) throws IOException {
    String handle = handle(call.data().get(0));
    AttrValue type = call.scope().attribute(node.getAttrOrThrow("T"));
    String assigned =
        nodes.add(
            FlatNodes.node(
                    nodes.reserve(call.name()),
                    ASSIGNS.get(node.getOp()),
                    handle,
                    read(call.data().get(1), call))
                .addAllInput(call.controls())
                .putAttr("dtype", type)
                .build());
    // A reader of an assignment's reference needs the value after it.
    Values after = readAs(call.name() + "/after", handle, List.of("^" + assigned));
    return Values.of("output_ref", after.tensors(), assigned);
  }

  private Values readAs(String wanted, String handle, List<String> controls) throws IOException {
    String name =
        nodes.add(
            FlatNodes.node(nodes.reserve(wanted), "ReadVariableOp", handle)
                .addAllInput(controls)
                .putAttr("dtype", nodes.node(handle).getAttrOrThrow("dtype"))
                .build());
    return Values.of("output", List.of(name), name);
  }

  /** The inputs of a copied node; a reference is read where the op needs a value. */
  List<String> read(NodeDef node, OpDef definition, Call call) throws IOException {
    if (call.data().stream().noneMatch(Values::isReference)) {
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
  String read(String tensor, Call call) throws IOException {
    return Values.isReference(tensor)
        ? readAs(call.name() + "/read", handle(tensor), call.controls()).tensors().get(0)
        : tensor;
  }

  private static String handle(String reference) {
    return reference.substring(Values.REFERENCE.length());
  }

  private UnsupportedModelException unsupported(Call call, String what) {
    return new UnsupportedModelException(contents.file(), "node '" + call.name() + "'", what);
  }
}
