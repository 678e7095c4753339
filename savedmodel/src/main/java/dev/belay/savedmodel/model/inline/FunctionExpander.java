package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.GraphCollections;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Reachable;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.SignatureDef;
import org.tensorflow.proto.framework.TensorInfo;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Expands one requested function: from placeholders to results and updates. */
final class FunctionExpander {
  /** Ops that write to a variable or table. */
  private static final Pattern WRITES =
      Pattern.compile(
          "Assign.*VariableOp|Resource(Scatter|Apply|SparseApply|StridedSliceAssign|CountUpTo).*"
              + "|LookupTable(Insert|Remove|Import).*");

  private final SavedModelContents contents;
  private final Expansion expansion;
  private final GrowingGraph nodes;
  private final Tables tables;
  private final Set<String> prefixes = new LinkedHashSet<>();

  FunctionExpander(SavedModelContents contents, Expansion expansion, Tables tables) {
    this.contents = contents;
    this.expansion = expansion;
    this.nodes = expansion.nodes();
    this.tables = tables;
  }

  FlatFunction expand(ModelFunction function) throws IOException {
    String prefix = prefix(function);
    List<FlatTensor> inputs = new ArrayList<>();
    for (Argument input : function.inputs()) {
      String last = input.name().substring(input.name().lastIndexOf('/') + 1);
      String wanted = prefix + "_input/" + last.replaceAll("[^A-Za-z0-9_.-]", "_");
      inputs.add(flat(input, placeholder(wanted, input)));
    }
    return contents.objects().isPresent()
        ? expandFunction(function, prefix, inputs)
        : expandSignature(function, prefix, inputs);
  }

  private FlatFunction expandFunction(
      ModelFunction function, String prefix, List<FlatTensor> inputs) throws IOException {
    FunctionDef definition = contents.functions().get(function.functionName());
    if (definition == null) {
      throw new IllegalArgumentException(
          "no function '" + function.functionName() + "' in " + contents.file());
    }
    List<String> arguments = new ArrayList<>();
    inputs.forEach(input -> arguments.add(input.tensor()));
    arguments.addAll(expansion.state().shared().captures(definition, tables));
    Scope scope = Scope.ofGraph(prefix, Optional.empty());
    ExpandedOutputs result =
        expansion.call(new CallSite(scope, prefix, arguments, List.of()), definition, Map.of());
    List<FlatTensor> outputs = new ArrayList<>();
    for (int i = 0; i < function.outputs().size(); i++) {
      outputs.add(output(function, i, result.tensors().get(i)));
    }
    return new FlatFunction(function, prefix, inputs, outputs, updates(result.control()));
  }

  /** A signature of a TF1 model: a part of the main graph between its inputs and its outputs. */
  private FlatFunction expandSignature(
      ModelFunction function, String prefix, List<FlatTensor> inputs) throws IOException {
    SignatureDef signature = contents.metaGraph().getSignatureDefOrThrow(function.functionName());
    Scope scope = Scope.ofGraph(prefix, function.training());
    Set<String> fed = new LinkedHashSet<>();
    for (int i = 0; i < inputs.size(); i++) {
      TensorInfo info = signature.getInputsOrThrow(function.inputs().get(i).name());
      TensorName tensor = TensorName.parse(info.getName());
      NodeDef node = contents.mainGraph().nodes().get(tensor.node());
      if (!node.getOp().startsWith("Placeholder")) {
        throw new UnsupportedModelException(
            contents.file(),
            "signature '" + function.name() + "', input '" + function.inputs().get(i).name() + "'",
            "it is fed into '" + info.getName() + "', which is no placeholder but " + node.getOp());
      }
      String placeholder = inputs.get(i).tensor();
      scope.put(node.getName(), ExpandedOutputs.of("output", List.of(placeholder), placeholder));
      fed.add(node.getName());
    }
    List<String> roots = new ArrayList<>();
    for (Argument output : function.outputs()) {
      roots.add(
          output.name().startsWith(ModelFunction.LOSSES)
              ? output.name().substring(ModelFunction.LOSSES.length())
              : signature.getOutputsOrThrow(output.name()).getName());
    }
    List<String> updateOps = updateOps(scope, fed);
    List<String> all = new ArrayList<>(roots);
    all.addAll(updateOps);
    Set<String> needed = contents.mainGraph().needed(all, fed);
    List<NodeDef> body =
        contents.mainGraph().nodes().values().stream()
            .filter(node -> needed.contains(node.getName()) && !fed.contains(node.getName()))
            .toList();
    expansion.expand(scope, body, null);
    List<FlatTensor> outputs = new ArrayList<>();
    for (int i = 0; i < roots.size(); i++) {
      CallSite end = new CallSite(scope, prefix + "_output", List.of(), List.of());
      outputs.add(output(function, i, expansion.state().read(scope.tensor(roots.get(i)), end)));
    }
    Set<String> updates = new LinkedHashSet<>();
    for (String update : updateOps) {
      updates.addAll(updates(scope.value(TensorName.nodeOf(update)).orElseThrow().control()));
    }
    return new FlatFunction(function, prefix, inputs, outputs, List.copyOf(updates));
  }

  /**
   * The collection of ops that TF1 runs with each training step: moving averages, usually of batch
   * normalization.
   */
  private List<String> updateOps(Scope scope, Set<String> fed) {
    if (!scope.training().orElse(false)) {
      return List.of();
    }
    List<String> updates = new ArrayList<>();
    for (String update : contents.collection(GraphCollections.UPDATE_OPS)) {
      boolean runs = contents.mainGraph().isComputable(update, fed);
      nodes.note(
          "of the collection "
              + GraphCollections.UPDATE_OPS
              + (runs ? ": runs with each step" : ": left alone, the signature cannot compute it"));
      if (runs) {
        updates.add(update);
      }
    }
    return updates;
  }

  /** A prefix for a function's nodes: its public name, and whether it is the training trace. */
  private String prefix(ModelFunction function) {
    String name = function.name().replaceAll("[^A-Za-z0-9_.-]", "_").replaceAll("^_+|_+$", "");
    Optional<Boolean> training = function.training();
    String wanted =
        (name.isEmpty() ? "function" : name)
            + training.map(value -> value ? "_training" : "_inference").orElse("");
    String prefix = wanted;
    for (int i = 1; !prefixes.add(prefix); i++) {
      prefix = wanted + "_" + i;
    }
    return prefix;
  }

  private String placeholder(String wanted, Argument input) throws IOException {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    Shape declared = input.shape();
    if (declared.isUnknown()) {
      shape.setUnknownRank(true);
    } else {
      for (long size : declared.asArray()) {
        shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
      }
    }
    return nodes.add(
        Nodes.node(nodes.reserve(wanted), "Placeholder")
            .putAttr("dtype", Attributes.type(input.dtype()))
            .putAttr("shape", AttrValue.newBuilder().setShape(shape).build())
            .build());
  }

  private FlatTensor output(ModelFunction function, int index, String tensor) throws IOException {
    Argument output = function.outputs().get(index);
    if (tensor.equals(ExpandedOutputs.DEAD)) {
      throw new UnsupportedModelException(
          contents.file(),
          "function '" + function.path() + "', output '" + output.name() + "'",
          "a condition that is constant never lets it be computed");
    }
    return flat(output, tensor);
  }

  private static FlatTensor flat(Argument argument, String tensor) {
    return new FlatTensor(argument.name(), tensor, argument.dtype(), argument.shape());
  }

  /** The writes that a call must do, even if its results do not depend on them. */
  private List<String> updates(String control) {
    if (control == null || control.equals(ExpandedOutputs.DEAD)) {
      return List.of();
    }
    return Reachable.from(List.of(control), name -> Nodes.inputs(nodes.node(name))).stream()
        .filter(name -> WRITES.matcher(nodes.node(name).getOp()).matches())
        .toList();
  }
}
