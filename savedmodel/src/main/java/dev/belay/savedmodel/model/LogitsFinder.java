package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Finds the logits behind probabilities: a loss of logits is stable where one of probabilities is
 * not.
 */
public final class LogitsFinder {

  /** What turns the logits into the probabilities. */
  public enum Activation {
    /** One of several classes. */
    SOFTMAX,
    /** Each output on its own. */
    SIGMOID
  }

  /**
   * Logits that were found.
   *
   * @param logits of the same shape as the probabilities
   * @param activation what turns them into the probabilities
   * @param graph the flat graph; where the probabilities are reshaped, the logits are too, by nodes
   *     that were added
   */
  public record Found(FlatTensor logits, Activation activation, FlatGraph graph) {}

  private final FlatGraph flat;
  private final Map<String, NodeDef> nodes = new HashMap<>();

  private LogitsFinder(FlatGraph flat) {
    this.flat = flat;
    flat.graphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
  }

  /**
   * Looks behind a tensor, through Identity and Reshape.
   *
   * @return nothing if it is not the result of a softmax or sigmoid
   */
  public static Optional<Found> find(FlatGraph graph, FlatTensor probabilities) {
    return new LogitsFinder(graph).find(probabilities);
  }

  private Optional<Found> find(FlatTensor probabilities) {
    List<NodeDef> reshapes = new ArrayList<>();
    String tensor = probabilities.tensor();
    while (true) {
      TensorName name = TensorName.parse(tensor);
      NodeDef node = nodes.get(name.node());
      switch (node.getOp()) {
        case "Identity" -> tensor = node.getInput(0);
        case "IdentityN" -> tensor = node.getInput(name.index());
        case "Reshape" -> {
          reshapes.add(0, node);
          tensor = node.getInput(0);
        }
        case "Softmax" -> {
          return Optional.of(found(probabilities, node.getInput(0), reshapes, Activation.SOFTMAX));
        }
        case "Sigmoid" -> {
          return Optional.of(found(probabilities, node.getInput(0), reshapes, Activation.SIGMOID));
        }
        default -> {
          return Optional.empty();
        }
      }
    }
  }

  private Found found(
      FlatTensor probabilities, String start, List<NodeDef> reshapes, Activation activation) {
    GraphDef.Builder graph = flat.graphDef().toBuilder();
    String tensor = start;
    for (NodeDef reshape : reshapes) {
      String name = reshape.getName() + "/logits";
      while (nodes.containsKey(name)) {
        name += "_";
      }
      NodeDef copy = reshape.toBuilder().setName(name).setInput(0, tensor).build();
      nodes.put(name, copy);
      graph.addNode(copy);
      tensor = name;
    }
    FlatTensor logits =
        new FlatTensor(probabilities.name(), tensor, probabilities.dtype(), probabilities.shape());
    FlatGraph more =
        new FlatGraph(
            graph.build(),
            flat.functions(),
            flat.variables(),
            flat.initializers(),
            flat.assets(),
            flat.customGradients(),
            flat.missingCustomGradients(),
            flat.notes());
    return new Found(logits, activation, more);
  }
}
