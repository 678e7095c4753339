package dev.belay.graph.imported.frame;

import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Makes each loop of TensorFlow 1, a frame between Enter and Exit, one node, innermost first. A
 * frame that {@code tf.while_loop} did not make stays as it is, marked with the reason.
 *
 * <p>Source of the form: {@code WhileContext} of {@code control_flow_ops.py} of TensorFlow 2.10.
 */
final class FrameLoops implements GraphRewrite {
  private final Predicate<String> isNamed;

  /**
   * @param named nodes that are named from outside the graph
   */
  FrameLoops(Collection<String> named) {
    this.isNamed = Set.copyOf(named)::contains;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    Set<FrameTree.Frame> kept = new HashSet<>();
    while (FrameTree.hasFrames(graph)) {
      FrameTree tree = new FrameTree(graph);
      Optional<FrameTree.Frame> next =
          tree.innermostFirst().stream().filter(frame -> !kept.contains(frame)).findFirst();
      if (next.isEmpty()) {
        return;
      }
      try {
        raise(graph, tree, next.get());
        graph.note("frame of TensorFlow 1: one loop");
      } catch (Irregular e) {
        kept.add(next.get());
        mark(graph, tree, next.get(), e.getMessage());
      }
    }
  }

  private void raise(NodeGraph graph, FrameTree tree, FrameTree.Frame frame) throws Irregular {
    Optional<String> mixed = tree.mixed(frame);
    if (mixed.isPresent()) {
      throw new Irregular(mixed.get() + " also reads a tensor of outside the loop");
    }
    for (NodeDef node : tree.members(frame)) {
      if (isNamed.test(node.getName())) {
        throw new Irregular(node.getName() + ", within the loop, is an output of the model");
      }
    }
    new FrameLoop(graph, tree.members(frame)).raise();
  }

  private static void mark(NodeGraph graph, FrameTree tree, FrameTree.Frame frame, String reason) {
    String text = "it is no loop as tf.while_loop makes them: " + reason;
    for (NodeDef node : tree.members(frame)) {
      if (node.getOp().equals("Enter")) {
        graph.put(node.toBuilder().putAttr(NoGradientReport.OBSTACLE, Nodes.text(text)).build());
      }
    }
  }
}
