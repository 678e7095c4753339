package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.NodeDef;

/** Frames of a graph, as the runtime forms them: an Enter begins one, an Exit leaves it. */
final class FrameTree {
  /** The graph outside all loops. */
  private static final Frame ROOT = new Frame(Optional.empty(), "");

  private final Map<String, Frame> frames = new HashMap<>();
  private final Map<Frame, List<NodeDef>> members = new LinkedHashMap<>();
  private final Map<Frame, String> mixed = new HashMap<>();

  /** One loop, within the frame around it. */
  record Frame(Optional<Frame> parent, String name) {
    int depth() {
      return parent.map(outer -> outer.depth() + 1).orElse(0);
    }
  }

  FrameTree(NodeGraph graph) {
    for (NodeDef node : NodeOrder.of(graph)) {
      Frame frame = frameOf(graph, node);
      frames.put(node.getName(), frame);
      members.computeIfAbsent(frame, k -> new ArrayList<>()).add(node);
    }
  }

  /** All loops, innermost first. */
  List<Frame> innermostFirst() {
    return members.keySet().stream()
        .filter(frame -> !frame.equals(ROOT))
        .sorted(Comparator.comparingInt(Frame::depth).reversed())
        .toList();
  }

  List<NodeDef> members(Frame frame) {
    return members.get(frame);
  }

  /** The first node that reads tensors of this frame and of another one, if there is any. */
  Optional<String> mixed(Frame frame) {
    return Optional.ofNullable(mixed.get(frame));
  }

  private Frame frameOf(NodeGraph graph, NodeDef node) {
    Frame deepest = ROOT;
    boolean first = true;
    boolean differ = false;
    for (String input : TensorName.nodes(node.getInputList())) {
      Frame frame = frames.get(input);
      if (frame == null || graph.node(input).getOp().equals("NextIteration")) {
        continue; // the back edge of a loop
      }
      differ |= !first && !frame.equals(deepest);
      first = false;
      deepest = frame.depth() > deepest.depth() ? frame : deepest;
    }
    if (differ) {
      mixed.putIfAbsent(deepest, node.getName());
    }
    return switch (node.getOp()) {
      case "Enter" ->
          new Frame(Optional.of(deepest), node.getAttrOrThrow("frame_name").getS().toStringUtf8());
      case "Exit" -> deepest.parent().orElse(ROOT);
      default -> deepest;
    };
  }

  /** Returns whether a graph has loops of TensorFlow 1. */
  static boolean hasFrames(NodeGraph graph) {
    return !graph.nodes("Enter").isEmpty();
  }

  static boolean isConstant(NodeDef enter) {
    return Nodes.flag(enter, "is_constant");
  }
}
