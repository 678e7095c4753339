package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.FloatingTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Cuts the graph at ops of arrays ({@code TensorList}), whose gradients are again ops of arrays:
 * the gradient of an array is an array of gradients. An element that has none is left out of it and
 * reads as zeros.
 *
 * <p>Source: {@code list_ops.py} of TensorFlow 2.10.
 */
final class ListGradients {
  /** Which inputs of an op have a gradient. */
  private static final Map<String, List<Integer>> ARGUMENTS =
      Map.ofEntries(
          Map.entry("TensorListPushBack", List.of(0, 1)),
          Map.entry("TensorListPopBack", List.of(0)),
          Map.entry("TensorListFromTensor", List.of(0)),
          Map.entry("TensorListStack", List.of(0)),
          Map.entry("TensorListGetItem", List.of(0)),
          Map.entry("TensorListSetItem", List.of(0, 2)),
          Map.entry("TensorListScatterIntoExistingList", List.of(0, 1)),
          Map.entry("TensorListGather", List.of(0)),
          Map.entry("TensorListScatter", List.of(0)),
          Map.entry("TensorListScatterV2", List.of(0)),
          Map.entry("TensorListResize", List.of(0)),
          Map.entry("TensorListConcatV2", List.of(0)),
          Map.entry("TensorListSplit", List.of(0)));

  private final NodeGraph graph;
  private final NodeDef node;

  private ListGradients(NodeGraph graph, NodeDef node) {
    this.graph = graph;
    this.node = node;
  }

  /** Returns whether a node works on arrays of elements that have no gradient. */
  static boolean holdsOthers(NodeDef node) {
    return node.getOp().startsWith("TensorList")
        && node.containsAttr("element_dtype")
        && !FloatingTypes.carriesGradient(Nodes.type(node, "element_dtype"));
  }

  /** Returns whether a node has a gradient here. */
  static boolean knows(NodeDef node) {
    return ARGUMENTS.containsKey(node.getOp())
        && (node.getOp().equals("TensorListResize")
            || FloatingTypes.isReal(Nodes.type(node, "element_dtype")));
  }

  /** Cuts the graph behind a node that has a gradient here. */
  static GapCut cut(NodeGraph graph, NodeDef node) {
    return new ListGradients(graph, node).cut();
  }

  private GapCut cut() {
    List<String> inputs = Nodes.dataInputs(node);
    List<String> captures = captures(inputs);
    String inner = graph.fresh(node.getName() + "/array");
    graph.put(node.toBuilder().setName(inner).build());
    List<String> results = new ArrayList<>();
    for (OpOutputs.OpOutput output : OpOutputs.of(node)) {
      String tensor = TensorName.of(inner, TensorName.index(output.tensor()));
      if (FloatingTypes.carriesGradient(output.type())) {
        tensor = Cuts.stop(graph, node.getName(), tensor, output.type());
        results.add(tensor);
      }
      graph.move(output.tensor(), tensor);
    }
    graph.remove(node.getName());
    graph.note(node.getOp() + ": with a gradient");
    return new GapCut(
        node.getName(),
        results,
        ARGUMENTS.get(node.getOp()).stream().map(inputs::get).toList(),
        captures,
        formula());
  }

  /** The tensors that the gradient reads: never a large one, since each iteration may save it. */
  private List<String> captures(List<String> inputs) {
    return switch (node.getOp()) {
      case "TensorListPushBack" -> List.of(shape(inputs.get(1)));
      case "TensorListFromTensor" -> List.of(shape(inputs.get(0)));
      case "TensorListGetItem", "TensorListGather" -> List.of(length(inputs.get(0)), inputs.get(1));
      case "TensorListScatter", "TensorListScatterV2" ->
          List.of(shape(inputs.get(0)), inputs.get(1));
      case "TensorListSetItem" -> List.of(shape(inputs.get(2)), inputs.get(1));
      case "TensorListScatterIntoExistingList" -> List.of(shape(inputs.get(1)), inputs.get(2));
      case "TensorListSplit" -> List.of(shape(inputs.get(0)), inputs.get(2));
      case "TensorListResize" -> List.of(length(inputs.get(0)));
      case "TensorListConcatV2" -> List.of(TensorName.of(node.getName(), 1));
      default -> List.of();
    };
  }

  private String shape(String tensor) {
    String name = graph.fresh(node.getName() + "/shape");
    graph.put(
        Nodes.node(name, "Shape", tensor)
            .putAttr("T", Nodes.type(elementType()))
            .putAttr("out_type", Nodes.type(DataType.DT_INT32))
            .build());
    return name;
  }

  private String length(String list) {
    String name = graph.fresh(node.getName() + "/length");
    graph.put(Nodes.node(name, "TensorListLength", list).build());
    return name;
  }

  private DataType elementType() {
    return Nodes.type(node, "element_dtype");
  }

  private GapCut.Formula formula() {
    DataType type = elementType();
    return switch (node.getOp()) {
      case "TensorListPushBack" -> (tf, in, tensors) -> pushBack(new Lists(tf, type), in, tensors);
      case "TensorListPopBack" -> (tf, in, tensors) -> popBack(new Lists(tf, type), in, tensors);
      case "TensorListFromTensor" ->
          (tf, in, tensors) ->
              List.of(new Lists(tf, type).stack(in.get(0), tensors.captures().get(0)));
      case "TensorListStack" ->
          (tf, in, tensors) -> List.of(new Lists(tf, type).unstack(in.get(0)));
      case "TensorListGetItem" -> (tf, in, tensors) -> getItem(new Lists(tf, type), in, tensors);
      case "TensorListSetItem" -> (tf, in, tensors) -> setItem(new Lists(tf, type), in, tensors);
      case "TensorListGather" -> (tf, in, tensors) -> gather(new Lists(tf, type), in, tensors);
      case "TensorListScatter", "TensorListScatterV2" ->
          (tf, in, tensors) ->
              List.of(
                  new Lists(tf, type)
                      .gather(in.get(0), tensors.captures().get(1), tensors.captures().get(0)));
      case "TensorListScatterIntoExistingList" ->
          (tf, in, tensors) -> scatter(new Lists(tf, type), in, tensors);
      case "TensorListSplit" ->
          (tf, in, tensors) ->
              List.of(
                  new Lists(tf, type)
                      .concat(in.get(0), tensors.captures().get(0), tensors.captures().get(1)));
      case "TensorListResize" ->
          (tf, in, tensors) ->
              List.of(new Lists(tf, type).resize(in.get(0), tensors.captures().get(0)));
      default ->
          (tf, in, tensors) ->
              List.of(new Lists(tf, type).split(in.get(0), tensors.captures().get(0)));
    };
  }

  private static List<Output<?>> pushBack(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    return lists.popBack(in.get(0), tensors.captures().get(0));
  }

  private static List<Output<?>> popBack(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    Output<?> list = in.get(0) == null ? lists.zerosLike(tensors.results().get(0)) : in.get(0);
    Output<?> item = in.get(1) == null ? lists.zerosLike(tensors.results().get(1)) : in.get(1);
    return List.of(lists.pushBack(list, item));
  }

  private static List<Output<?>> getItem(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    Output<?> empty = lists.reserve(tensors.captures().get(0));
    return List.of(lists.setItem(empty, tensors.captures().get(1), in.get(0)));
  }

  /** What the element was before has no effect any more. */
  private static List<Output<?>> setItem(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    Output<?> shape = tensors.captures().get(0);
    Output<?> index = tensors.captures().get(1);
    Output<?> item = lists.getItem(in.get(0), index, shape);
    return List.of(lists.setItem(in.get(0), index, lists.zerosLike(item)), item);
  }

  /** Of an element that is gathered twice, the last gradient counts, as in TensorFlow Python. */
  private static List<Output<?>> gather(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    Output<?> empty = lists.reserve(tensors.captures().get(0));
    return List.of(lists.scatter(empty, in.get(0), tensors.captures().get(1)));
  }

  /** What the elements were before has no effect any more. */
  private static List<Output<?>> scatter(Lists lists, List<Output<?>> in, GapCut.Tensors tensors) {
    Output<?> indices = tensors.captures().get(1);
    Output<?> items = lists.gather(in.get(0), indices, tensors.captures().get(0));
    return List.of(lists.scatter(in.get(0), lists.zerosLike(items), indices), items);
  }
}
