package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;

/** Assignments that the saver of a TF1 model makes: the checkpoint key of each variable. */
final class RestoredVariables {
  private static final AttrValue CONSTANT_NONE = AttrValue.getDefaultInstance();

  /** No model has so many variables. */
  private static final int MOST_KEYS = 1 << 20;

  /**
   * Location of a variable's value.
   *
   * @param key in the checkpoint
   * @param slice part of the tensor under that key; empty for the whole
   */
  record Source(String key, Optional<TensorSlice> slice) {}

  private RestoredVariables() {}

  /**
   * The sources by the variable's node; empty if the model names no saver.
   *
   * @throws CorruptModelException if the saver names a slice that is none
   */
  static Map<String, Source> find(Path file, MetaGraphDef meta, MainGraph graph)
      throws CorruptModelException {
    Map<String, Source> sources = new LinkedHashMap<>();
    Set<String> run = graph.needed(List.of(meta.getSaverDef().getRestoreOpName()), Set.of());
    for (String name : run) {
      NodeDef assign = graph.nodes().get(name);
      boolean assigns =
          assign.getOp().equals("Assign") || assign.getOp().equals("AssignVariableOp");
      if (!assigns) {
        continue;
      }
      String value = assign.getInput(1);
      NodeDef source = graph.source(value).orElseThrow();
      while (source.getOp().equals("Identity") || source.getOp().equals("Reshape")) {
        value = source.getInput(0);
        source = graph.source(value).orElseThrow();
      }
      if (source.getOp().equals("RestoreV2")) {
        int index = TensorName.parse(value).index();
        String variable = TensorName.nodeOf(assign.getInput(0));
        try {
          source(graph, source, index).ifPresent(found -> sources.put(variable, found));
        } catch (IllegalArgumentException e) {
          throw new CorruptModelException(
              file,
              "saver, variable '" + variable + "'",
              "a slice such as '4 2 0,2:-'",
              e.getMessage());
        }
      }
    }
    return sources;
  }

  private static Optional<Source> source(MainGraph graph, NodeDef restore, int index) {
    List<String> keys = strings(graph, restore.getInput(1));
    List<String> slices = strings(graph, restore.getInput(2));
    if (index >= keys.size() || index >= slices.size()) {
      return Optional.empty();
    }
    return Optional.of(new Source(keys.get(index), slice(slices.get(index))));
  }

  private static List<String> strings(MainGraph graph, String tensor) {
    TensorProto value =
        graph.source(tensor).orElseThrow().getAttrOrDefault("value", CONSTANT_NONE).getTensor();
    List<String> strings = new ArrayList<>();
    value.getStringValList().forEach(bytes -> strings.add(bytes.toStringUtf8()));
    // A list whose last strings are equal may be written without them.
    long elements = 1;
    for (var dimension : value.getTensorShape().getDimList()) {
      elements *= dimension.getSize();
    }
    elements = Math.min(elements, MOST_KEYS);
    while (!strings.isEmpty() && strings.size() < elements) {
      strings.add(strings.get(strings.size() - 1));
    }
    return strings;
  }

  /**
   * Reads {@code "300 32 0,150:0,32"}: the whole's shape, then the part; a dimension may be "-".
   *
   * <p>Source: {@code ParseShapeAndSlice} of {@code saved_tensor_slice_util.cc}.
   */
  static Optional<TensorSlice> slice(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    String[] words = text.strip().split(" ", -1);
    List<TensorSlice.Extent> extents = new ArrayList<>();
    for (String part : words[words.length - 1].split(":", -1)) {
      if (part.equals("-")) {
        extents.add(TensorSlice.Extent.FULL);
        continue;
      }
      String[] numbers = part.split(",", -1);
      if (numbers.length != 2) {
        throw new IllegalArgumentException("'" + text + "'");
      }
      extents.add(new TensorSlice.Extent(Long.parseLong(numbers[0]), Long.parseLong(numbers[1])));
    }
    return Optional.of(new TensorSlice(extents));
  }
}
