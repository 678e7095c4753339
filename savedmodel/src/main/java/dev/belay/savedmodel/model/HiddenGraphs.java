package dev.belay.savedmodel.model;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.OpCatalogue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Applies the policy to graphs inside the strings of a graph: some ops run such a graph, and an op
 * allow-list does not see inside a string.
 */
final class HiddenGraphs {
  /** Limit for the nesting of graphs in strings. */
  private static final int DEEPEST = 8;

  /** First bytes of a node, a library or versions in a serialized graph. */
  private static final String FIRST_BYTES = "\n\u0012\"";

  private final Path file;
  private final GraphPolicy policy;
  private final String expected;

  HiddenGraphs(Path file, GraphPolicy policy, String expected) {
    this.file = file;
    this.policy = policy;
    this.expected = expected;
  }

  /**
   * Searches all strings of a node.
   *
   * @throws CorruptModelException if one of them is a graph with an op that the policy refuses
   */
  void check(String where, NodeDef node) throws CorruptModelException {
    check(where, node, 0);
  }

  private void check(String where, NodeDef node, int depth) throws CorruptModelException {
    for (AttrValue value : node.getAttrMap().values()) {
      for (ByteString string : strings(value)) {
        Optional<GraphDef> graph = graph(string);
        if (graph.isPresent()) {
          check(where + ", the graph in a string of it", graph.get(), depth + 1);
        }
      }
    }
  }

  private void check(String where, GraphDef graph, int depth) throws CorruptModelException {
    if (depth > DEEPEST) {
      throw new CorruptModelException(
          file, where, "graphs in strings at most " + DEEPEST + " deep", "a deeper one");
    }
    Set<String> own = new HashSet<>();
    graph.getLibrary().getFunctionList().forEach(f -> own.add(f.getSignature().getName()));
    for (NodeDef node : nodes(graph)) {
      String place = where + ", node '" + node.getName() + "'";
      Optional<String> refusal = policy.refusal(node);
      if (refusal.isPresent() && !own.contains(node.getOp())) {
        throw new CorruptModelException(file, place, expected, refusal.get());
      }
      check(place, node, depth);
    }
  }

  private static List<ByteString> strings(AttrValue value) {
    List<ByteString> strings = new ArrayList<>();
    switch (value.getValueCase()) {
      case S -> strings.add(value.getS());
      case TENSOR -> strings.addAll(strings(value.getTensor()));
      case LIST -> {
        strings.addAll(value.getList().getSList());
        value.getList().getTensorList().forEach(tensor -> strings.addAll(strings(tensor)));
      }
      default -> {}
    }
    return strings;
  }

  private static List<ByteString> strings(TensorProto tensor) {
    if (tensor.getDtype() != DataType.DT_STRING || tensor.getTensorContent().isEmpty()) {
      return tensor.getStringValList();
    }
    // The lengths of all strings, then the strings.
    List<ByteString> strings = new ArrayList<>();
    CodedInputStream content = tensor.getTensorContent().newCodedInput();
    try {
      // A length takes at least one byte, so there are no more strings than bytes.
      int[] lengths = new int[elements(tensor.getTensorShape(), tensor.getTensorContent().size())];
      for (int i = 0; i < lengths.length; i++) {
        lengths[i] = content.readRawVarint32();
      }
      for (int length : lengths) {
        strings.add(ByteString.copyFrom(content.readRawBytes(length)));
      }
    } catch (IOException e) {
      // TensorFlow does not read it either.
      return List.of();
    }
    return strings;
  }

  /** The number of elements of a tensor; 0 if it is invalid or above a limit. */
  private static int elements(TensorShapeProto shape, int most) {
    long elements = 1;
    for (TensorShapeProto.Dim dimension : shape.getDimList()) {
      if (dimension.getSize() < 0 || dimension.getSize() > most) {
        return 0;
      }
      elements *= dimension.getSize();
      if (elements > most) {
        return 0;
      }
    }
    return (int) elements;
  }

  /** A string that is certainly a graph: one of its nodes has an existing op. */
  private static Optional<GraphDef> graph(ByteString string) {
    if (string.isEmpty() || FIRST_BYTES.indexOf((char) string.byteAt(0)) < 0) {
      return Optional.empty();
    }
    GraphDef graph;
    try {
      graph = GraphDef.parseFrom(string);
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
    List<NodeDef> nodes = nodes(graph);
    boolean known =
        nodes.stream()
            .anyMatch(
                node ->
                    !node.getName().isEmpty() && OpCatalogue.get().find(node.getOp()).isPresent());
    return known ? Optional.of(graph) : Optional.empty();
  }

  private static List<NodeDef> nodes(GraphDef graph) {
    List<NodeDef> nodes = new ArrayList<>(graph.getNodeList());
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      nodes.addAll(function.getNodeDefList());
    }
    return nodes;
  }
}
