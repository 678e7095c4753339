package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.Scalar;
import dev.belay.savedmodel.model.op.TensorName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.SignatureDef;
import org.tensorflow.proto.framework.TensorInfo;

/**
 * Signatures of the main graph: the only callables of a TF1 model, and those that TF Serving calls.
 */
final class GraphSignatures {

  private final Path file;
  private final MainGraph graph;

  GraphSignatures(Path file, MainGraph graph) {
    this.file = file;
    this.graph = graph;
  }

  /**
   * Validates that the tensors of all signatures exist with the declared types.
   *
   * @return the signatures with plain tensors as inputs and outputs
   */
  List<ModelFunction> read(MetaGraphDef meta) throws CorruptModelException {
    List<ModelFunction> signatures = new ArrayList<>();
    for (Map.Entry<String, SignatureDef> signature :
        new TreeMap<>(meta.getSignatureDefMap()).entrySet()) {
      String where = "signature '" + signature.getKey() + "'";
      if (signature.getKey().equals(SavedModelContents.INIT_SIGNATURE)) {
        for (TensorInfo info : signature.getValue().getOutputsMap().values()) {
          requireNode(where, info.getName());
        }
        continue;
      }
      Map<String, TensorInfo> inputs = signature.getValue().getInputsMap();
      Map<String, TensorInfo> outputs = signature.getValue().getOutputsMap();
      Optional<List<Argument>> taken = arguments(where + ", input", inputs);
      Optional<List<Argument>> given = arguments(where + ", output", outputs);
      if (taken.isPresent() && given.isPresent() && !given.get().isEmpty()) {
        signatures.add(
            new ModelFunction(
                ModelFunction.SIGNATURES + signature.getKey(),
                signature.getKey(),
                taken.get(),
                given.get(),
                training(inputs, outputs)));
      }
    }
    return signatures;
  }

  private Optional<List<Argument>> arguments(String where, Map<String, TensorInfo> tensors)
      throws CorruptModelException {
    List<Argument> arguments = new ArrayList<>();
    for (Map.Entry<String, TensorInfo> tensor : new TreeMap<>(tensors).entrySet()) {
      String place = where + " '" + tensor.getKey() + "'";
      TensorInfo info = tensor.getValue();
      if (info.getEncodingCase() != TensorInfo.EncodingCase.NAME) {
        return Optional.empty();
      }
      requireTensor(place, info);
      try {
        arguments.add(
            new Argument(
                tensor.getKey(), info.getDtype(), ConstantTensor.shape(info.getTensorShape())));
      } catch (IllegalArgumentException e) {
        throw new CorruptModelException(file, place, "a shape", e.getMessage());
      }
    }
    return Optional.of(arguments);
  }

  private void requireNode(String where, String tensor) throws CorruptModelException {
    if (graph.source(tensor).isEmpty()) {
      throw new CorruptModelException(
          file, where, "a tensor of the graph", "'" + tensor + "', which is not there");
    }
  }

  private void requireTensor(String where, TensorInfo info) throws CorruptModelException {
    requireNode(where, info.getName());
    NodeDef node = graph.source(info.getName()).orElseThrow();
    // The validator knows every node's op; calls of functions as ops do not occur here.
    Optional<OpDef> definition = OpCatalogue.get().find(node.getOp());
    if (definition.isEmpty()) {
      return;
    }
    List<DataType> types = OpArguments.outputs(definition.get(), node.getAttrMap()).types();
    int index;
    try {
      index = TensorName.parse(info.getName()).index();
    } catch (IllegalArgumentException e) {
      throw new CorruptModelException(file, where, "a tensor such as 'node:0'", info.getName());
    }
    if (index >= types.size() || types.get(index) != info.getDtype()) {
      throw new CorruptModelException(
          file,
          where,
          "a tensor of " + info.getDtype() + ", as the signature says",
          "'" + info.getName() + "' of " + (index < types.size() ? types.get(index) : "no type"));
    }
  }

  /** A TF1 graph that can train has a placeholder with a default: {@code is_training}. */
  private Optional<Boolean> training(
      Map<String, TensorInfo> inputs, Map<String, TensorInfo> outputs) {
    Set<String> fed = new HashSet<>();
    inputs.values().forEach(info -> fed.add(TensorName.nodeOf(info.getName())));
    List<String> roots = outputs.values().stream().map(TensorInfo::getName).toList();
    for (String name : graph.needed(roots, fed)) {
      NodeDef node = graph.nodes().get(name);
      if (!fed.contains(name) && MainGraph.isTrainingSwitch(node)) {
        NodeDef value = graph.throughIdentity(graph.source(node.getInput(0)).orElseThrow());
        AttrValue none = AttrValue.getDefaultInstance();
        return value.getOp().equals("Const")
            ? ConstantTensor.scalar(value.getAttrOrDefault("value", none).getTensor())
                .map(Scalar::isTrue)
            : Optional.empty();
      }
    }
    return Optional.empty();
  }
}
