package dev.belay.graph.imported.position;

import dev.belay.graph.imported.position.RowRules.Rows;
import dev.belay.graph.imported.position.ShapeSizes.Axis;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Computes an encoder's last layers at the one position that is read of them: a classifier takes
 * {@code hidden[:, 0]}, and all positions but the first, of which the keys and values of the last
 * attention are made, would be computed for nothing. The slice moves up to where positions meet.
 *
 * <p>The nodes between are copied, and their originals serve whatever else reads them. Where that
 * is the same loss, nothing is copied.
 */
public final class OnePosition {
  private final List<List<String>> roots;
  private final Set<String> named;

  /**
   * @param roots tensors and nodes that are computed together, such as all outputs of a call
   * @param named nodes that are named from outside and cannot be copied
   */
  public OnePosition(List<List<String>> roots, Collection<String> named) {
    this.roots = roots;
    this.named = Set.copyOf(named);
  }

  /**
   * Rewrites a graph.
   *
   * @return another graph with shapes of its own, or the same if nothing is read so
   */
  public NodeGraph rewrite(NodeGraph graph) {
    boolean changed = false;
    for (NodeDef slice : graph.nodes("StridedSlice")) {
      changed |= isFirst(graph, slice) && move(graph, slice);
    }
    if (!changed) {
      return graph;
    }
    NodeGraph inferred = new NodeGraph(graph.toGraphDef());
    inferred.noteAll(graph);
    return inferred;
  }

  /** Whether a node is {@code x[:, 0]} or {@code x[:, 0:1]} of several positions. */
  private static boolean isFirst(NodeGraph graph, NodeDef slice) {
    ShapeSizes sizes = new ShapeSizes(graph);
    Optional<int[]> begin = sizes.constants(slice.getInput(1));
    Optional<int[]> end = sizes.constants(slice.getInput(2));
    Optional<int[]> strides = sizes.constants(slice.getInput(3));
    Shape from = graph.shapeOf(slice.getInput(0));
    boolean known = begin.isPresent() && end.isPresent() && strides.isPresent();
    if (!known || from.isUnknown() || from.numDimensions() < 3 || begin.get().length < 2) {
      return false;
    }
    long others = (1L << begin.get().length) - 1 - 2;
    boolean whole =
        (Nodes.number(slice, "begin_mask") & others) == others
            && (Nodes.number(slice, "end_mask") & others) == others
            && Arrays.stream(strides.get()).allMatch(stride -> stride == 1)
            && Nodes.number(slice, "ellipsis_mask") == 0
            && Nodes.number(slice, "new_axis_mask") == 0
            && (Nodes.number(slice, "shrink_axis_mask") & ~2L) == 0;
    boolean fromStart = (Nodes.number(slice, "begin_mask") & 2) != 0 || begin.get()[1] == 0;
    boolean toOne = (Nodes.number(slice, "end_mask") & 2) == 0 && end.get()[1] == 1;
    boolean single = Nodes.number(slice, "shrink_axis_mask") == 2 || toOne;
    return whole && fromStart && single && from.get(1) != 1;
  }

  /** Moves one slice up, as far as it can, and returns whether that leaves out a product. */
  private boolean move(NodeGraph graph, NodeDef slice) {
    String read = graph.current(slice.getInput(0));
    Rows rows = Rows.along(1, new AxisOrigins(graph).of(new Axis(read, 0)));
    Set<String> stops = new HashSet<>(named);
    while (true) {
      RowRegion region = new RowRegion(graph, stops);
      Optional<String> mixes = region.grow(read, rows);
      if (mixes.isPresent()) {
        stops.add(mixes.get());
        continue;
      }
      if (region.nodes().stream().map(graph::node).noneMatch(RowRules::isProduct)) {
        return false;
      }
      List<String> copies = new ArrayList<>();
      String copy = new RowCopy(graph, region, copies).of(read);
      graph.put(slice.toBuilder().setInput(0, copy).build());
      Set<String> twice = computedTwice(graph, slice.getName(), region.nodes());
      if (twice.isEmpty()) {
        graph.note("StridedSlice: moved up to where positions meet");
        return true;
      }
      graph.put(slice);
      copies.forEach(graph::remove);
      stops.addAll(twice);
    }
  }

  /** The originals that are still computed beside the slice. */
  private Set<String> computedTwice(NodeGraph graph, String slice, Collection<String> originals) {
    Set<String> twice = new HashSet<>();
    for (List<String> together : roots) {
      Set<String> needed = graph.needed(together.stream().map(graph::current).toList());
      if (needed.contains(slice)) {
        originals.stream().map(TensorName::node).filter(needed::contains).forEach(twice::add);
      }
    }
    return twice;
  }
}
