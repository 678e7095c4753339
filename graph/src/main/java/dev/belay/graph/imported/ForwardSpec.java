package dev.belay.graph.imported;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.variable.VariableSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.framework.GraphDef;

/**
 * Specification of a foreign model's forward passes as one flat graph, from which a {@link
 * ForwardModel} is built.
 *
 * <p>Tensors are named as in a GraphDef: {@code node} or {@code node:1}.
 *
 * @param graphDef nodes without calls; the library holds loops and the bodies of saved gradients
 * @param calls the functions that were expanded into it
 * @param variables all variables, each with its VarHandleOp
 * @param initializers nodes to run once before anything else, such as those that fill lookup tables
 * @param customGradients nodes whose gradient the model's author wrote and saved
 * @param missingCustomGradients nodes whose gradient the author wrote and did not save
 * @param sources inputs that are not fed on their own
 */
public record ForwardSpec(
    GraphDef graphDef,
    List<Call> calls,
    List<BoundVariable> variables,
    List<String> initializers,
    List<CustomGradient> customGradients,
    List<MissingCustomGradient> missingCustomGradients,
    InputSources sources) {

  /** Forward passes whose inputs are all fed on their own. */
  public ForwardSpec(
      GraphDef graphDef,
      List<Call> calls,
      List<BoundVariable> variables,
      List<String> initializers,
      List<CustomGradient> customGradients,
      List<MissingCustomGradient> missingCustomGradients) {
    this(
        graphDef,
        calls,
        variables,
        initializers,
        customGradients,
        missingCustomGradients,
        InputSources.NONE);
  }

  /**
   * One forward pass.
   *
   * @param name unique among the calls
   * @param inputs its placeholders
   * @param outputs its results
   * @param updates nodes that run with the call for their side effects, such as moving averages
   * @param trains whether a loss is differentiated through it; otherwise it only predicts
   */
  public record Call(
      String name,
      List<NamedTensor> inputs,
      List<NamedTensor> outputs,
      List<String> updates,
      boolean trains) {

    /** Every tensor and node that the call needs. */
    Stream<String> roots() {
      return Stream.of(
              inputs.stream().map(NamedTensor::tensor),
              outputs.stream().map(NamedTensor::tensor),
              updates.stream())
          .flatMap(names -> names);
    }
  }

  /** Every tensor and node that the calls need. */
  List<String> roots() {
    return calls.stream().flatMap(Call::roots).toList();
  }

  /** Every tensor and node that the calls need which a loss is differentiated through. */
  List<String> trainedRoots() {
    return calls.stream().filter(Call::trains).flatMap(Call::roots).toList();
  }

  /** Tensors and nodes that may be computed in one step: all of a training, or one output. */
  List<List<String>> computedTogether() {
    List<List<String>> together = new ArrayList<>(List.of(trainedRoots()));
    for (Call call : calls) {
      if (!call.trains()) {
        call.outputs().forEach(output -> together.add(List.of(output.tensor())));
      }
    }
    return together;
  }

  /** Nodes that a gradient of the author's own is for, or reads. */
  List<String> differentiated() {
    List<String> nodes = new ArrayList<>();
    customGradients.forEach(
        custom -> {
          nodes.add(custom.node());
          nodes.addAll(TensorName.nodes(custom.captures()));
        });
    missingCustomGradients.forEach(missing -> nodes.add(missing.node()));
    return nodes;
  }

  /** A tensor of the flat graph under its name in the model. */
  public record NamedTensor(String name, String tensor) {}

  /** A variable and the name of its VarHandleOp node. */
  public record BoundVariable(VariableSpec spec, String handle) {}

  /**
   * A node whose gradient is a function of the library.
   *
   * @param node an IdentityN; its first {@code results} outputs are the results, the rest pass the
   *     arguments through
   * @param results how many results it has
   * @param function takes the gradients of the results, then the captures; returns those of {@code
   *     arguments}
   * @param arguments which of the node's inputs after the results each output of the function is
   *     the gradient of, from 0; one that is not listed has none
   * @param captures tensors of the flat graph
   */
  public record CustomGradient(
      String node, int results, String function, List<Integer> arguments, List<String> captures) {}

  /**
   * A node whose custom gradient is lost.
   *
   * @param node as a rule an IdentityN
   * @param gradient the name under which the author registered it
   */
  public record MissingCustomGradient(String node, String gradient) {}
}
