package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Converts int64 axes, shapes and indices of ops to int32 where the native gradient supports int32
 * only: with int64 it fails or, in Mean and ConcatV2, ends the process.
 *
 * <p>A value that does not fit into 32 bits is clamped, which means the same to a slice.
 */
public final class NarrowIndices implements GraphRewrite {
  /**
   * Declaration of the index type in an op.
   *
   * @param value attribute with the type of its values
   * @param index attribute with the type of its indices
   * @param inputs positions of the index inputs; -1 is the last
   */
  private record Indices(String value, String index, List<Integer> inputs) {}

  private static final Indices REDUCTION = new Indices("T", "Tidx", List.of(1));
  private static final Indices PADDING = new Indices("T", "Tpaddings", List.of(1));

  private static final Map<String, Indices> OPS =
      Map.ofEntries(
          Map.entry("Sum", REDUCTION),
          Map.entry("Mean", REDUCTION),
          Map.entry("Prod", REDUCTION),
          Map.entry("Max", REDUCTION),
          Map.entry("Min", REDUCTION),
          Map.entry("BroadcastTo", REDUCTION),
          Map.entry("ConcatV2", new Indices("T", "Tidx", List.of(-1))),
          Map.entry("Pad", PADDING),
          Map.entry("PadV2", PADDING),
          Map.entry("Slice", new Indices("T", "Index", List.of(1, 2))),
          Map.entry("StridedSlice", new Indices("T", "Index", List.of(1, 2, 3))),
          Map.entry("GatherV2", new Indices("Tparams", "Taxis", List.of(2))),
          Map.entry("GatherNd", new Indices("Tparams", "Tindices", List.of(1))));

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      Indices indices = OPS.get(node.getOp());
      if (indices != null
          && Substitute.isFloat(node, indices.value())
          && Nodes.type(node, indices.index()) == DataType.DT_INT64) {
        narrow(graph, node, indices);
        graph.note(node.getOp() + ": int64 indices as int32");
      }
    }
  }

  private static void narrow(NodeGraph graph, NodeDef node, Indices indices) {
    Substitute write = new Substitute(graph, node, indices.value());
    List<String> inputs = new ArrayList<>(Nodes.dataInputs(node));
    for (int index : indices.inputs()) {
      int position = index < 0 ? inputs.size() + index : index;
      String low = bound(write, "lowest", Integer.MIN_VALUE);
      String high = bound(write, "highest", Integer.MAX_VALUE);
      String raised = between(write, "raised", "Maximum", inputs.get(position), low);
      String cut = between(write, "cut", "Minimum", raised, high);
      inputs.set(position, write.cast("index", cut, DataType.DT_INT64, DataType.DT_INT32));
    }
    write.by(
        node.toBuilder()
            .clearInput()
            .addAllInput(inputs)
            .putAttr(indices.index(), Substitute.INT32));
  }

  private static String bound(Substitute write, String suffix, long value) {
    NodeDef.Builder named = write.start(suffix, "Const");
    return write.put(Nodes.constant(named.getName(), value).toBuilder());
  }

  private static String between(
      Substitute write, String suffix, String op, String index, String bound) {
    return write.put(
        write.start(suffix, op, index, bound).putAttr("T", Nodes.type(DataType.DT_INT64)));
  }
}
