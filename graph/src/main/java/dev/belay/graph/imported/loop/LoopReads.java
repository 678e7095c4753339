package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Reads the variables of a loop or conditional before it: a handle that an iteration or a branch
 * only reads becomes the value of its variable, so that there is a gradient by it. A variable that
 * is assigned within keeps its handle.
 */
public final class LoopReads implements GraphRewrite {
  private static final Set<String> READS =
      Set.of("ReadVariableOp", "ResourceGather", "ResourceGatherNd");

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (Loops.isLoop(node) && Loops.isReadable(graph, node)) {
        rewrite(graph, node, Loops.types(node), List.of(Loops.body(node), Loops.condition(node)));
      } else if (Branches.isConditional(node) && Branches.isReadable(graph, node)) {
        rewrite(graph, node, Branches.types(node), Branches.functions(node));
      }
    }
  }

  /**
   * Reads the variables of one node.
   *
   * @param before types of the functions' arguments
   * @param names of its functions; the first of a loop is its body
   */
  private void rewrite(NodeGraph graph, NodeDef node, List<DataType> before, List<String> names) {
    if (!before.contains(DataType.DT_RESOURCE)) {
      return;
    }
    List<String> all = Nodes.dataInputs(node);
    List<String> inputs = all.subList(all.size() - before.size(), all.size());
    List<LoopFunction> functions = new ArrayList<>();
    for (String name : names) {
      LoopFunction function =
          LoopFunction.of(graph, name, LoopFunction.unknownShapes(inputs.size()));
      rewrite(function.nodes());
      function.nodes().functions().forEach(graph::putFunction);
      functions.add(function);
    }
    List<DataType> types = new ArrayList<>(before);
    List<String> reads = new ArrayList<>(inputs);
    Set<String> kept = new HashSet<>();
    for (int pass = 0; pass < 2; pass++) { // a variable that comes twice is read or kept as one
      for (int i = 0; i < inputs.size(); i++) {
        if (types.get(i) != DataType.DT_RESOURCE) {
          continue;
        }
        String handle = graph.behindIdentity(inputs.get(i));
        Optional<DataType> type = typeOfReads(functions, Loops.isLoop(node), i);
        if (type.isEmpty()) {
          kept.add(handle);
        } else if (pass == 1 && !kept.contains(handle)) {
          types.set(i, type.get());
          reads.set(i, read(graph, node, handle, type.get()));
          for (LoopFunction function : functions) {
            readFromArgument(function, i, type.get());
          }
        }
      }
    }
    if (!reads.equals(inputs)) {
      List<String> written =
          functions.stream().map(function -> write(graph, function, types)).toList();
      graph.put(reading(graph, node, reads, types, written));
      graph.note(node.getOp() + ": reads its variables before it starts");
    }
  }

  private static NodeDef reading(
      NodeGraph graph,
      NodeDef node,
      List<String> reads,
      List<DataType> types,
      List<String> functions) {
    int others = Nodes.dataInputs(node).size() - reads.size();
    NodeDef.Builder reading =
        node.toBuilder()
            .clearInput()
            .addAllInput(node.getInputList().subList(0, others))
            .addAllInput(reads)
            .addAllInput(Nodes.controlInputs(node));
    if (!Loops.isLoop(node)) {
      Branches.setFunctions(reading, functions);
      return reading.putAttr("Tin", Loops.types(types)).build();
    }
    List<TensorShapeProto> shapes = new ArrayList<>(Loops.declaredShapes(node));
    for (int i = 0; i < reads.size(); i++) {
      if (types.get(i) != Loops.types(node).get(i)) {
        shapes.set(i, shape(graph.node(graph.behindIdentity(node.getInput(i)))));
      }
    }
    return reading
        .putAttr("T", Loops.types(types))
        .putAttr("body", Loops.function(functions.get(0)))
        .putAttr("cond", Loops.function(functions.get(1)))
        .putAttr("output_shapes", Loops.shapes(shapes))
        .build();
  }

  private static TensorShapeProto shape(NodeDef handle) {
    return handle.getOp().equals("VarHandleOp")
        ? handle.getAttrOrThrow("shape").getShape()
        : Loops.UNKNOWN;
  }

  private static String read(NodeGraph graph, NodeDef loop, String handle, DataType type) {
    String name = graph.fresh(loop.getName() + "/read_" + TensorName.node(handle));
    graph.put(
        Nodes.node(name, "ReadVariableOp", handle)
            .addAllInput(Nodes.controlInputs(loop))
            .putAttr("dtype", Nodes.type(type))
            .build());
    return name;
  }

  /** The type of the variable, if an argument is a handle that is read and passed on at most. */
  private static Optional<DataType> typeOfReads(
      List<LoopFunction> functions, boolean isLoop, int index) {
    if (isLoop && !functions.get(0).isInvariant(index)) {
      return Optional.empty();
    }
    Set<DataType> types = new HashSet<>();
    for (LoopFunction function : functions) {
      if (!isLoop && returns(function, index)) {
        return Optional.empty();
      }
      for (NodeDef reader : readers(function, function.arguments().get(index))) {
        if (!READS.contains(reader.getOp())) {
          return Optional.empty();
        }
        types.add(Nodes.type(reader, "dtype"));
      }
    }
    return types.size() == 1 ? Optional.of(types.iterator().next()) : Optional.empty();
  }

  private static boolean returns(LoopFunction function, int index) {
    for (int i = 0; i < function.results().size(); i++) {
      if (function.result(i).equals(function.arguments().get(index))) {
        return true;
      }
    }
    return false;
  }

  private static List<NodeDef> readers(LoopFunction function, String tensor) {
    List<NodeDef> readers = new ArrayList<>();
    for (NodeDef reader : function.nodes().consumers(tensor)) {
      if (reader.getOp().equals("Identity")) {
        readers.addAll(readers(function, reader.getName()));
      } else {
        readers.add(reader);
      }
    }
    return readers;
  }

  /** Makes the nodes that read a variable read its value, the argument. */
  private static void readFromArgument(LoopFunction function, int index, DataType type) {
    NodeGraph nodes = function.nodes();
    String argument = function.arguments().get(index);
    for (NodeDef reader : readers(function, argument)) {
      switch (reader.getOp()) {
        case "ReadVariableOp" ->
            nodes.put(
                reader.toBuilder()
                    .setOp("Identity")
                    .clearAttr()
                    .putAttr("T", Nodes.type(type))
                    .build());
        case "ResourceGather" -> {
          String axis = nodes.fresh(reader.getName() + "/axis");
          nodes.put(Nodes.constant(axis, 0));
          nodes.put(
              Nodes.node(reader.getName(), "GatherV2", reader.getInput(0), reader.getInput(1), axis)
                  .addAllInput(Nodes.controlInputs(reader))
                  .putAttr("Tparams", Nodes.type(type))
                  .putAttr("Tindices", reader.getAttrOrThrow("Tindices"))
                  .putAttr("Taxis", Nodes.type(DataType.DT_INT32))
                  .putAttr("batch_dims", reader.getAttrOrDefault("batch_dims", Nodes.integer(0)))
                  .build());
        }
        default ->
            nodes.put(
                Nodes.node(reader.getName(), "GatherNd", reader.getInput(0), reader.getInput(1))
                    .addAllInput(Nodes.controlInputs(reader))
                    .putAttr("Tparams", Nodes.type(type))
                    .putAttr("Tindices", reader.getAttrOrThrow("Tindices"))
                    .build());
      }
    }
    for (NodeDef node : nodes.nodes("Identity")) {
      if (nodes.behindIdentity(node.getName()).equals(argument)) {
        nodes.put(node.toBuilder().putAttr("T", Nodes.type(type)).build());
      }
    }
  }

  private static String write(NodeGraph graph, LoopFunction function, List<DataType> types) {
    List<LoopFunction.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      arguments.add(new LoopFunction.Argument(function.arguments().get(i), types.get(i)));
    }
    String name = graph.freshFunction(function.name() + "_reads");
    graph.putFunction(
        LoopFunction.write(
            name, arguments, function.nodes().nodes(), function.results(), function.effects()));
    return name;
  }
}
