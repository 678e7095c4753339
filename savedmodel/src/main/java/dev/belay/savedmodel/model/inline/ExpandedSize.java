package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Nodes;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Counts the nodes that functions expand to, before any is expanded: a few functions that call each
 * other twice can expand to more nodes than memory can hold. Both branches of a conditional count;
 * a loop counts once.
 */
final class ExpandedSize {
  /** Sums stay below this, so that none overflows. */
  private static final long MOST = Long.MAX_VALUE / 4;

  private final SavedModelContents contents;
  private final Map<String, Long> sizes = new HashMap<>();

  ExpandedSize(SavedModelContents contents) {
    this.contents = contents;
  }

  /**
   * Refuses functions that expand to too many nodes.
   *
   * @throws UnsupportedModelException if one of them does
   */
  void require(Iterable<ModelFunction> functions, int mostNodes) throws UnsupportedModelException {
    for (ModelFunction function : functions) {
      long size = of(function);
      if (size > mostNodes) {
        throw new UnsupportedModelException(
            contents.file(),
            "function '" + function.path() + "'",
            "it expands to "
                + (size == MOST ? "more than " + MOST : Long.toString(size))
                + " nodes, which is more than the "
                + mostNodes
                + " that Belay takes");
      }
    }
  }

  private long of(ModelFunction function) {
    FunctionDef definition = contents.functions().get(function.functionName());
    if (definition != null) {
      return size(definition.getNodeDefList());
    }
    // Only the needed part of a main graph is copied, so it alone is no larger than the file.
    GraphDef graph = contents.metaGraph().getGraphDef();
    return size(graph.getNodeList()) - graph.getNodeCount();
  }

  /** Validation has limited the depth of calls and excluded cycles. */
  private long size(Iterable<NodeDef> nodes) {
    long size = 0;
    for (NodeDef node : nodes) {
      size = sum(size, 1);
      for (String called : Nodes.called(node)) {
        size = sum(size, sizeOf(called));
      }
    }
    return size;
  }

  private long sizeOf(String name) {
    Long known = sizes.get(name);
    if (known == null) {
      FunctionDef function = contents.functions().get(name);
      known = function == null ? 0 : size(function.getNodeDefList());
      sizes.put(name, known);
    }
    return known;
  }

  private static long sum(long one, long other) {
    return Math.min(MOST, one + other);
  }
}
