package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.TensorInfo;

/**
 * Forms of a TF1 model's signature for training and for evaluation: both share one graph, a switch
 * selects the form, and the losses that its layers add are in collections.
 */
final class GraphLosses {
  /** The losses that tf.compat.v1.losses.get_total_loss adds up. */
  private static final List<String> COLLECTIONS =
      List.of(GraphCollections.LOSSES, GraphCollections.REGULARIZATION_LOSSES);

  private GraphLosses() {}

  /**
   * The signature with its switch set, if it has one, and with the losses that can be computed from
   * its inputs among its outputs. A loss that needs labels is not among them. Functions of TF2 are
   * unchanged.
   */
  static ModelFunction withTraining(
      SavedModelContents contents, ModelFunction function, boolean training) {
    if (contents.objects().isPresent()) {
      return function;
    }
    List<Argument> outputs = new ArrayList<>(function.outputs());
    outputs.addAll(losses(contents, function));
    return new ModelFunction(
        function.path(),
        function.functionName(),
        function.inputs(),
        outputs,
        function.training().map(value -> training));
  }

  private static List<Argument> losses(SavedModelContents contents, ModelFunction function) {
    Set<String> fed = new HashSet<>();
    for (TensorInfo info :
        contents
            .metaGraph()
            .getSignatureDefOrThrow(function.functionName())
            .getInputsMap()
            .values()) {
      fed.add(TensorName.nodeOf(info.getName()));
    }
    Set<String> tensors = new LinkedHashSet<>();
    COLLECTIONS.forEach(name -> tensors.addAll(contents.collection(name)));
    List<Argument> losses = new ArrayList<>();
    for (String tensor : tensors) {
      Optional<DataType> type = type(contents.mainGraph(), tensor);
      if (type.isPresent() && contents.mainGraph().isComputable(tensor, fed)) {
        losses.add(new Argument(ModelFunction.LOSSES + tensor, type.get(), Shape.unknown()));
      }
    }
    return losses;
  }

  private static Optional<DataType> type(MainGraph graph, String tensor) {
    Optional<NodeDef> node = graph.source(tensor);
    Optional<OpDef> definition = node.flatMap(n -> OpCatalogue.get().find(n.getOp()));
    if (definition.isEmpty()) {
      return Optional.empty();
    }
    List<DataType> types = OpArguments.outputs(definition.get(), node.get().getAttrMap()).types();
    int index = TensorName.parse(tensor).index();
    return index < types.size() ? Optional.of(types.get(index)) : Optional.empty();
  }
}
