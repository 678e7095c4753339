package dev.belay.graph.imported.loop;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Gap that was cut into the nodes of a graph, with tensors by their names.
 *
 * @param node its name in the model
 * @param results tensors that consumers read after the cut
 * @param arguments tensors that it has gradients for
 * @param captures other tensors that its gradient reads
 * @param formula how the gradient is computed
 */
record GapCut(
    String node,
    List<String> results,
    List<String> arguments,
    List<String> captures,
    Formula formula) {

  /** Computes the gradients of the arguments. */
  interface Formula {

    /**
     * Adds them to the graph.
     *
     * @param incoming gradients of the results, null where none arrived
     */
    List<Output<?>> backward(Ops tf, List<Output<?>> incoming, Tensors tensors);
  }

  /** The tensors of a gap in the final graph. */
  record Tensors(List<Output<?>> results, List<Output<?>> captures) {}

  /** All tensors that must exist in the final graph. */
  List<String> roots() {
    return Stream.of(results, arguments, captures).flatMap(List::stream).toList();
  }

  /** The gap between the operations of a graph that the nodes were imported into. */
  GradientGap bind(Graph graph, NodeGraph nodes) {
    Tensors tensors = new Tensors(outputs(graph, nodes, results), outputs(graph, nodes, captures));
    return new BoundGap(this, tensors, outputs(graph, nodes, arguments));
  }

  private static List<Output<?>> outputs(Graph graph, NodeGraph nodes, List<String> names) {
    return names.stream().<Output<?>>map(name -> output(graph, nodes.current(name))).toList();
  }

  static Output<?> output(Graph graph, String tensor) {
    return graph.operationOrThrow(TensorName.node(tensor)).output(TensorName.index(tensor));
  }

  private record BoundGap(GapCut cut, Tensors tensors, List<Output<?>> arguments)
      implements GradientGap {

    @Override
    public String node() {
      return cut.node();
    }

    @Override
    public List<Output<?>> results() {
      return tensors.results();
    }

    @Override
    public List<Output<?>> backward(Ops tf, List<Output<?>> incoming) {
      return cut.formula().backward(tf, incoming, tensors);
    }
  }
}
