package dev.belay.train.model;

import dev.belay.graph.imported.ImportedCall;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/** Finds the tensor that a new head reads: an output by its name, or an inner one by its node. */
final class FeatureTensor {
  private static final int SHOWN = 12;

  private FeatureTensor() {}

  /**
   * The tensor.
   *
   * @param wanted an output's name, or the end of a node's name that no other node of this call has
   * @throws ModelException if there is none, or if several nodes end so; it lists what there is
   */
  static Output<?> find(
      Graph graph, ImportedCall call, FlatGraph.FlatFunction function, String wanted) {
    if (call.outputs().containsKey(wanted)) {
      return call.output(wanted);
    }
    String prefix = function.inputs().get(0).tensor();
    prefix = prefix.substring(0, prefix.indexOf('/') + 1);
    List<GraphOperation> found = new ArrayList<>();
    for (Iterator<GraphOperation> all = graph.operations(); all.hasNext(); ) {
      GraphOperation operation = all.next();
      boolean ends = operation.name().endsWith("/" + wanted);
      if (ends && operation.name().startsWith(prefix) && operation.numOutputs() > 0) {
        found.add(operation);
      }
    }
    if (found.size() == 1) {
      return found.get(0).output(0);
    }
    throw new ModelException(
        "--features "
            + wanted
            + ": "
            + function.source().path()
            + (found.isEmpty()
                ? " has neither an output nor an inner node of that name; its outputs are "
                    + call.outputs().keySet()
                : " has "
                    + found.size()
                    + " inner nodes that end so; write more of the name: "
                    + found.stream().limit(SHOWN).map(GraphOperation::name).toList()));
  }
}
