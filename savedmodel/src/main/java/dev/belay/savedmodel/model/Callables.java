package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionSpec;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.SavedConcreteFunction;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.StructuredValue;

/** Callables of a TF2 model: its signatures, and the traces of its functions. */
final class Callables {
  private static final String SIGNATURES = "signatures";
  private static final String TRAINING = "training";

  private final Path file;
  private final ObjectGraph objects;
  private final Map<String, FunctionDef> functions;
  private final List<ModelFunction> callables = new ArrayList<>();

  private Callables(Path file, ObjectGraph objects, Map<String, FunctionDef> functions) {
    this.file = file;
    this.objects = objects;
    this.functions = functions;
  }

  /**
   * All callables with plain tensors as inputs and outputs; signatures first.
   *
   * @throws CorruptModelException if the inputs or outputs of a function differ from what Python
   *     recorded
   */
  static List<ModelFunction> find(
      Path file, ObjectGraph objects, Map<String, FunctionDef> functions)
      throws CorruptModelException {
    Callables callables = new Callables(file, objects, functions);
    Map<String, Integer> children = objects.children(0);
    Integer signatures = children.get(SIGNATURES);
    if (signatures != null) {
      for (Map.Entry<String, Integer> signature : objects.children(signatures).entrySet()) {
        callables.add(SIGNATURES + "/" + signature.getKey(), objects.node(signature.getValue()));
      }
    }
    for (Map.Entry<String, Integer> child : children.entrySet()) {
      callables.add(child.getKey(), objects.node(child.getValue()));
    }
    return List.copyOf(callables.callables);
  }

  private void add(String path, SavedObject node) throws CorruptModelException {
    FunctionSpec specification =
        node.hasFunction()
            ? node.getFunction().getFunctionSpec()
            : node.getBareConcreteFunction().getFunctionSpec();
    for (String name : ObjectGraph.functionsOf(node)) {
      SavedConcreteFunction recorded = objects.concreteFunction(name).orElseThrow();
      List<NestFlattener.Leaf> inputs =
          NestFlattener.leaves(recorded.getCanonicalizedInputSignature());
      List<NestFlattener.Leaf> outputs = NestFlattener.leaves(recorded.getOutputSignature());
      boolean composite =
          inputs.stream().anyMatch(NestFlattener.Leaf::isComposite)
              || outputs.stream().anyMatch(NestFlattener.Leaf::isComposite);
      // Bare functions such as _default_save_signature may have no record of their arguments.
      boolean recordedAtAll = recorded.hasCanonicalizedInputSignature();
      if (composite || !recordedAtAll) {
        continue;
      }
      ModelFunction function =
          new ModelFunction(
              path,
              name,
              arguments(path, inputs),
              results(path, outputs),
              training(specification, recorded.getCanonicalizedInputSignature()));
      requireSame(function, recorded.getBoundInputsCount());
      callables.add(function);
    }
  }

  private List<Argument> arguments(String path, List<NestFlattener.Leaf> leaves)
      throws CorruptModelException {
    List<Argument> arguments = new ArrayList<>();
    for (NestFlattener.Leaf leaf : leaves) {
      if (leaf.isTensor()) {
        String name = leaf.specName();
        arguments.add(argument(path, leaf, name.isEmpty() ? String.join("/", leaf.path()) : name));
      }
    }
    return arguments;
  }

  private List<Argument> results(String path, List<NestFlattener.Leaf> leaves)
      throws CorruptModelException {
    List<Argument> results = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    boolean withLosses = path.endsWith(TrainingFunctions.CALL_WITH_LOSSES);
    for (NestFlattener.Leaf leaf : leaves) {
      if (leaf.isTensor()) {
        String name = resultName(leaf.path(), withLosses);
        for (int i = 1; !names.add(name); i++) {
          name = resultName(leaf.path(), withLosses) + "_" + i;
        }
        results.add(argument(path, leaf, name));
      }
    }
    return results;
  }

  /** A dictionary's key, or else the position: {@code logits}, {@code output_0}. */
  private static String resultName(List<String> path, boolean withLosses) {
    List<String> rest = path;
    if (withLosses && !path.isEmpty()) {
      rest = path.subList(1, path.size());
      if (path.get(0).equals("1")) {
        return ModelFunction.LOSSES + (rest.isEmpty() ? "0" : String.join("_", rest));
      }
    }
    List<String> keys = rest.stream().filter(part -> !part.matches("[0-9]+")).toList();
    if (!keys.isEmpty()) {
      boolean onlyKeysAtTheEnd = rest.subList(rest.size() - keys.size(), rest.size()).equals(keys);
      return String.join("/", onlyKeysAtTheEnd ? keys : rest);
    }
    return "output_" + (rest.isEmpty() ? "0" : String.join("_", rest));
  }

  private Argument argument(String path, NestFlattener.Leaf leaf, String name)
      throws CorruptModelException {
    try {
      return leaf.argument(name);
    } catch (IllegalArgumentException e) {
      throw new CorruptModelException(
          file, "function '" + path + "', tensor '" + name + "'", "a shape", e.getMessage());
    }
  }

  /**
   * The value of the argument "training" of a trace. Its position is in the full argument
   * specification, unless it was given by name.
   */
  private static Optional<Boolean> training(FunctionSpec specification, StructuredValue signature) {
    List<StructuredValue> both = signature.getTupleValue().getValuesList();
    if (both.size() != 2) {
      return Optional.empty();
    }
    StructuredValue named =
        both.get(1)
            .getDictValue()
            .getFieldsOrDefault(TRAINING, StructuredValue.getDefaultInstance());
    if (named.getKindCase() == StructuredValue.KindCase.BOOL_VALUE) {
      return Optional.of(named.getBoolValue());
    }
    List<String> names = new ArrayList<>();
    NestFlattener.field(specification.getFullargspec(), "args")
        .ifPresent(
            names0 ->
                names0
                    .getListValue()
                    .getValuesList()
                    .forEach(name -> names.add(name.getStringValue())));
    if (specification.getIsMethod() && !names.isEmpty()) {
      names.remove(0);
    }
    List<StructuredValue> positional = both.get(0).getTupleValue().getValuesList();
    int position = names.indexOf(TRAINING);
    if (position < 0 || position >= positional.size()) {
      return Optional.empty();
    }
    StructuredValue value = positional.get(position);
    return value.getKindCase() == StructuredValue.KindCase.BOOL_VALUE
        ? Optional.of(value.getBoolValue())
        : Optional.empty();
  }

  private void requireSame(ModelFunction function, int captures) throws CorruptModelException {
    OpDef signature = functions.get(function.functionName()).getSignature();
    String where = "function '" + function.path() + "' (" + function.functionName() + ")";
    int inputs = function.inputs().size() + captures;
    if (signature.getInputArgCount() != inputs) {
      throw new CorruptModelException(
          file,
          where,
          function.inputs().size() + " inputs and " + captures + " captures",
          signature.getInputArgCount() + " arguments in the library");
    }
    requireTypes(where + ", input", function.inputs(), signature.getInputArgList());
    if (signature.getOutputArgCount() != function.outputs().size()) {
      throw new CorruptModelException(
          file,
          where,
          function.outputs().size() + " outputs",
          signature.getOutputArgCount() + " in the library");
    }
    requireTypes(where + ", output", function.outputs(), signature.getOutputArgList());
  }

  private void requireTypes(String where, List<Argument> recorded, List<OpDef.ArgDef> library)
      throws CorruptModelException {
    for (int i = 0; i < recorded.size(); i++) {
      if (recorded.get(i).dtype() != library.get(i).getType()) {
        throw new CorruptModelException(
            file,
            where + " '" + recorded.get(i).name() + "'",
            recorded.get(i).dtype().toString(),
            library.get(i).getType() + " in the library");
      }
    }
  }
}
