package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.NodeDef;

/** The losses that the layers of a SavedModel add to the loss of its task. */
final class AddedLosses {
  private static final int SHOWN = 12;
  private static final Pattern CALLS = Pattern.compile("(Stateful)?PartitionedCall(_\\d+)?/");

  private AddedLosses() {}

  /** The scalars that a call of a function adds: its own, and those of regularizers. */
  static List<Output<?>> of(ImportedModel model, ForwardModel forward, FlatFunction function) {
    List<Output<?>> losses = new ArrayList<>();
    if (!model.countsLosses()) {
      return losses;
    }
    for (FlatTensor loss : returned(function)) {
      losses.add(forward.call(FlatModel.callName(function)).output(loss.name()));
    }
    for (FlatFunction regularizer : model.chosen().regularizers()) {
      losses.addAll(forward.call(FlatModel.callName(regularizer)).outputs().values());
    }
    return losses;
  }

  /** Number and names of the losses added in training. */
  static ModelNotes notes(ImportedModel model) {
    List<String> names = new ArrayList<>();
    for (FlatTensor loss : returned(model.training())) {
      names.add(source(model, loss));
    }
    for (ModelFunction regularizer : model.contents().regularizers()) {
      String name = regularizer.outputs().get(0).name();
      names.add("regularizer of " + name.substring(ModelFunction.LOSSES.length()));
    }
    if (names.isEmpty()) {
      return new ModelNotes();
    }
    int count = names.size();
    List<String> shown = names.subList(0, Math.min(SHOWN, count));
    return new ModelNotes()
        .add(
            ModelUse.withLoss(),
            (model.countsLosses() ? "the loss includes " : "the loss is without ")
                + count
                + (count == 1 ? " loss" : " losses")
                + " of the model's layers"
                + why(model)
                + ": "
                + String.join(", ", shown)
                + (count > SHOWN ? " and " + (count - SHOWN) + " more" : ""));
  }

  private static String why(ImportedModel model) {
    return model.countsLosses()
        ? ", as in Keras"
        : model.loss().isPresent()
            ? ", since the model computes all of it"
            : " (--model-losses off)";
  }

  private static List<FlatTensor> returned(FlatFunction function) {
    return function.source().losses().stream().map(function.outputs()::get).toList();
  }

  /** The node that computes a loss, without the calls that it was expanded from. */
  private static String source(ImportedModel model, FlatTensor loss) {
    Map<String, NodeDef> nodes = new HashMap<>();
    model.flat().graphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
    String name = TensorName.nodeOf(loss.tensor());
    while (nodes.get(name).getOp().equals("Identity")) {
      name = TensorName.nodeOf(nodes.get(name).getInput(0));
    }
    String scope = model.training().scope() + "/";
    return CALLS
        .matcher(name.startsWith(scope) ? name.substring(scope.length()) : name)
        .replaceAll("");
  }
}
