package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.NodeGraph;
import java.util.Collection;

/** Control flow of TensorFlow 1 as that of TensorFlow 2: loops, conditionals and arrays. */
public final class LegacyControlFlow {
  private LegacyControlFlow() {}

  /**
   * Rewrites a graph.
   *
   * @param named nodes and tensors that are named from outside; they keep their names
   * @return another graph; its shapes are inferred with what the rewrite found out
   */
  public static NodeGraph rewrite(NodeGraph graph, Collection<String> named) {
    boolean has = FrameTree.hasFrames(graph) || !graph.nodes("Merge").isEmpty();
    if (!has && graph.nodes(ArrayOps.ARRAY).isEmpty()) {
      return graph;
    }
    NodeGraph lists = again(new NodeGraph(graph.toGraphDef()), graph);
    new ArraysAsLists(named).rewrite(lists);
    lists.prune(named);
    NodeGraph loops = again(new NodeGraph(lists.toGraphDef()), lists);
    new FrameLoops(named).rewrite(loops);
    NodeGraph conditionals = again(new NodeGraph(loops.toGraphDef()), loops);
    new FrameConditionals(named).rewrite(conditionals);
    conditionals.prune(named);
    return again(new NodeGraph(conditionals.toGraphDef()), conditionals);
  }

  private static NodeGraph again(NodeGraph graph, NodeGraph before) {
    graph.noteAll(before);
    return graph;
  }
}
