package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.FlatGraph.CustomGradient;
import dev.belay.savedmodel.model.FlatGraph.MissingCustomGradient;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.SavedConcreteFunction;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.StructuredValue;

/**
 * Finds the gradients that a model's author wrote.
 *
 * <p>Python saves such a function as an IdentityN of its results and arguments, marked with the
 * name of a gradient. The gradient, where it was saved too, takes the gradients of all outputs of
 * that node, of which it uses those of the results, and then what it captured; it returns None for
 * the results and a gradient or None for each argument.
 *
 * <p>Source: {@code _graph_mode_decorator} of {@code custom_gradient.py}, {@code
 * _trace_gradient_functions} of {@code saved_model/save.py} in TensorFlow 2.10.
 */
final class CustomGradients {

  private record Marked(String node, int outputs, String gradient, Scope scope) {}

  private final SavedModelContents contents;
  private final Map<String, String> registered = new HashMap<>();
  private final List<Marked> marked = new ArrayList<>();
  private final List<CustomGradient> found = new ArrayList<>();
  private final List<MissingCustomGradient> missing = new ArrayList<>();
  private final Map<String, FunctionDef> functions = new LinkedHashMap<>();

  CustomGradients(SavedModelContents contents) {
    this.contents = contents;
    contents
        .metaGraph()
        .getGraphDef()
        .getLibrary()
        .getRegisteredGradientsList()
        .forEach(
            gradient -> registered.put(gradient.getRegisteredOpType(), gradient.getGradientFunc()));
  }

  /** Records a copied node, if it is marked. */
  void remember(String name, NodeDef node, Scope scope) {
    if (node.containsAttr(Attributes.GRADIENT)) {
      String gradient = node.getAttrOrThrow(Attributes.GRADIENT).getS().toStringUtf8();
      // For other ops than IdentityN the assignment of gradients to inputs is unknown.
      int outputs =
          node.getOp().equals("IdentityN") ? node.getAttrOrThrow("T").getList().getTypeCount() : 0;
      marked.add(new Marked(name, outputs, gradient, scope));
    }
  }

  /** The name of the gradient that the author gave to a copied node, if any. */
  Optional<String> markOf(String node) {
    return marked.stream()
        .filter(marked -> marked.node().equals(node))
        .map(Marked::gradient)
        .findFirst();
  }

  int size() {
    return marked.size();
  }

  void rollBack(int size) {
    marked.subList(size, marked.size()).clear();
  }

  List<CustomGradient> found() {
    return List.copyOf(found);
  }

  List<MissingCustomGradient> missing() {
    return List.copyOf(missing);
  }

  /** The functions that compute the gradients found. */
  Map<String, FunctionDef> functions() {
    return functions;
  }

  /**
   * Looks up the gradients of marked nodes that are used, each once.
   *
   * @param used nodes of the flat graph
   * @return tensors that the gradients captured, and so are used too
   */
  List<String> resolve(Set<String> used, SharedNodes shared, Tables tables) throws IOException {
    List<String> captured = new ArrayList<>();
    List<Marked> rest = new ArrayList<>();
    for (Marked node : marked) {
      if (!used.contains(node.node())) {
        rest.add(node);
        continue;
      }
      Optional<CustomGradient> gradient = gradient(node, shared, tables);
      gradient.ifPresent(
          known -> {
            found.add(known);
            captured.addAll(known.captures());
          });
      if (gradient.isEmpty()) {
        missing.add(new MissingCustomGradient(node.node(), node.gradient()));
      }
    }
    marked.clear();
    marked.addAll(rest);
    return captured;
  }

  private Optional<CustomGradient> gradient(Marked node, SharedNodes shared, Tables tables)
      throws IOException {
    String name = registered.get(node.gradient());
    SavedConcreteFunction recorded =
        contents.objects().flatMap(objects -> objects.concreteFunction(name)).orElse(null);
    if (name == null || recorded == null) {
      return Optional.empty();
    }
    List<StructuredValue> returned = recorded.getOutputSignature().getListValue().getValuesList();
    if (returned.isEmpty()) {
      returned = recorded.getOutputSignature().getTupleValue().getValuesList();
    }
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < returned.size(); i++) {
      if (returned.get(i).getKindCase() != StructuredValue.KindCase.NONE_VALUE) {
        positions.add(i);
      }
    }
    FunctionDef function = contents.functions().get(name);
    int captures = recorded.getBoundInputsCount();
    boolean fits =
        node.outputs() > 0
            && returned.size() == node.outputs()
            && positions.size() == function.getSignature().getOutputArgCount()
            && function.getSignature().getInputArgCount() == node.outputs() + captures;
    // Inputs before the first one that has a gradient count as results: they get no gradient.
    int results = positions.isEmpty() ? node.outputs() : positions.get(0);
    Optional<FunctionDef> ofResults =
        fits ? withoutArguments(function, results, node.outputs()) : Optional.empty();
    Optional<List<String>> captured = captures(node, recorded, shared, tables);
    if (ofResults.isEmpty() || captured.isEmpty()) {
      return Optional.empty();
    }
    functions.put(name, ofResults.get());
    return Optional.of(
        new CustomGradient(
            node.node(),
            results,
            name,
            positions.stream().map(position -> position - results).toList(),
            captured.get()));
  }

  /** The tensors that a gradient captured; nothing if one of them is not in the flat graph. */
  private Optional<List<String>> captures(
      Marked node, SavedConcreteFunction recorded, SharedNodes shared, Tables tables)
      throws IOException {
    List<String> captures = new ArrayList<>();
    for (int id : recorded.getBoundInputsList()) {
      SavedObject object = contents.objects().orElseThrow().node(id);
      if (!object.hasCapturedTensor()) {
        captures.add(shared.captured(id, tables));
        continue;
      }
      Optional<String> tensor =
          node.scope()
              .captured(
                  object.getCapturedTensor().getName(),
                  object.getCapturedTensor().getConcreteFunction());
      if (tensor.isEmpty()) {
        return Optional.empty();
      }
      captures.add(tensor.get());
    }
    return Optional.of(captures);
  }

  /**
   * The gradient function without its arguments for outputs that only pass an input through, which
   * it ignores; empty if it uses one of them.
   */
  private static Optional<FunctionDef> withoutArguments(FunctionDef function, int from, int to) {
    List<OpDef.ArgDef> arguments = function.getSignature().getInputArgList();
    List<String> dropped = new ArrayList<>();
    arguments.subList(from, to).forEach(argument -> dropped.add(argument.getName()));
    boolean used =
        function.getNodeDefList().stream()
                .flatMap(node -> node.getInputList().stream())
                .anyMatch(input -> dropped.contains(TensorName.nodeOf(input)))
            || function.getRetMap().values().stream()
                .anyMatch(input -> dropped.contains(TensorName.nodeOf(input)));
    if (used) {
      return Optional.empty();
    }
    FunctionDef.Builder builder = function.toBuilder();
    builder.getSignatureBuilder().clearInputArg();
    for (int i = 0; i < arguments.size(); i++) {
      if (i < from || i >= to) {
        builder.getSignatureBuilder().addInputArg(arguments.get(i));
      }
    }
    // These count arguments.
    builder.clearArgAttr().clearResourceArgUniqueId().clearAttr();
    return Optional.of(builder.build());
  }
}
