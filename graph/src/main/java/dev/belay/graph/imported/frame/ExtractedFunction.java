package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.loop.LoopFunction;
import dev.belay.graph.imported.loop.OpOutputs;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Part of a graph that becomes a function. */
final class ExtractedFunction {
  private final NodeGraph graph;
  private final String wanted;
  private final List<String> arguments = new ArrayList<>();
  private final List<NodeDef> nodes = new ArrayList<>();
  private final List<String> results = new ArrayList<>();

  ExtractedFunction(NodeGraph graph, String wanted, int arguments) {
    this.graph = graph;
    this.wanted = wanted.replaceAll("[^A-Za-z0-9_]", "_");
    for (int i = 0; i < arguments; i++) {
      this.arguments.add("belay_argument_" + i);
    }
  }

  String argument(int index) {
    return arguments.get(index);
  }

  void addNode(NodeDef node) {
    nodes.add(node);
  }

  void addResult(String tensor) {
    results.add(tensor);
  }

  List<String> results() {
    return results;
  }

  boolean isStateful() {
    return nodes.stream().anyMatch(OpOutputs::isStateful);
  }

  /** Its nodes, with placeholders for the arguments. */
  NodeGraph nodes(List<DataType> types, List<TensorShapeProto> shapes) {
    GraphDef.Builder body = graph.toGraphDef().toBuilder().clearNode();
    for (int i = 0; i < arguments.size(); i++) {
      AttrValue.Builder shape = AttrValue.newBuilder().setShape(shapes.get(i));
      body.addNode(
          Nodes.node(arguments.get(i), "Placeholder")
              .putAttr("dtype", Nodes.type(types.get(i)))
              .putAttr("shape", shape.build()));
    }
    return new NodeGraph(body.addAllNode(nodes).build());
  }

  /** Writes it into the graph's library, and returns its name. */
  String write(List<DataType> types, List<TensorShapeProto> shapes) {
    NodeGraph body = nodes(types, shapes);
    new FrameConditionals(results).rewrite(body);
    List<String> needed = new ArrayList<>(arguments);
    needed.addAll(results);
    body.prune(needed);
    body.functions().forEach(graph::putFunction);
    body.notes().forEach(note -> graph.note(note.replaceFirst("^\\d+ ", "")));
    List<LoopFunction.Argument> declared = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      declared.add(new LoopFunction.Argument(arguments.get(i), types.get(i)));
    }
    String name = graph.freshFunction(wanted);
    graph.putFunction(LoopFunction.write(name, declared, body.nodes(), results, List.of()));
    return name;
  }
}
