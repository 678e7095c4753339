package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Cuts the graph behind a node whose gradient its author wrote: consumers read the results through
 * StopGradient, so that no other gradient passes, and the saved one fills the gap. Outputs that
 * only pass an input through are read from their source.
 */
public final class SavedGradientCut implements GraphRewrite {
  private final String node;
  private final int results;
  private List<String> cuts = List.of();
  private List<String> arguments = List.of();

  /**
   * @param node an IdentityN whose first {@code results} outputs are the results
   */
  public SavedGradientCut(String node, int results) {
    this.node = node;
    this.results = results;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    NodeDef identity = graph.node(node);
    List<String> inputs = Nodes.dataInputs(identity);
    cuts = new ArrayList<>();
    for (int i = 0; i < results; i++) {
      String cut = graph.fresh(node + "/cut_" + i);
      graph.put(
          Nodes.node(cut, "StopGradient", inputs.get(i))
              .addAllInput(Nodes.controlInputs(identity))
              .putAttr("T", Nodes.type(identity.getAttrOrThrow("T").getList().getType(i)))
              .build());
      graph.move(TensorName.of(node, i), cut);
      cuts.add(cut);
    }
    arguments = new ArrayList<>(inputs.subList(results, inputs.size()));
    for (int i = 0; i < arguments.size(); i++) {
      graph.move(TensorName.of(node, results + i), arguments.get(i));
    }
    graph.remove(node);
    graph.settle();
    graph.note("IdentityN with a saved gradient: cut, its author's gradient in the gap");
  }

  /** The tensors that consumers read after the cut. */
  public List<String> cuts() {
    return cuts;
  }

  /** The arguments of the author's function, in order, under their names in the final graph. */
  public List<String> arguments(NodeGraph graph) {
    return arguments.stream().map(graph::current).toList();
  }
}
