package dev.belay.savedmodel.model;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.CollectionDef;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.SaveSliceInfoDef;
import org.tensorflow.proto.framework.VariableDef;

/** Variables of a TF1 model, from its collections, its saver and its checkpoint. */
final class GraphVariables {
  private static final Set<String> OPS = Set.of("VariableV2", "Variable", "VarHandleOp");

  private final Path index;
  private final MetaGraphDef meta;
  private final MainGraph graph;
  private final NamedTensors checkpoint;
  private final List<ModelVariable> variables = new ArrayList<>();
  private final Map<Integer, TensorSlice> slices = new LinkedHashMap<>();
  private final Map<String, ModelVariable> byNode = new LinkedHashMap<>();

  private GraphVariables(Path index, MetaGraphDef meta, MainGraph graph, NamedTensors checkpoint) {
    this.index = index;
    this.meta = meta;
    this.graph = graph;
    this.checkpoint = checkpoint;
  }

  /** Returns whether a node is a variable. */
  static boolean isVariable(NodeDef node) {
    return OPS.contains(node.getOp());
  }

  /**
   * All variables that have a value in the checkpoint.
   *
   * @param index the checkpoint's index file, for messages
   * @throws CorruptModelException if the checkpoint does not hold a variable as it is declared
   */
  static GraphVariables read(
      Path index, MetaGraphDef meta, MainGraph graph, NamedTensors checkpoint)
      throws CorruptModelException {
    GraphVariables found = new GraphVariables(index, meta, graph, checkpoint);
    found.read();
    return found;
  }

  /** In the order of the model's collection. */
  List<ModelVariable> variables() {
    return List.copyOf(variables);
  }

  /** The part of the tensor under its key that a variable is, for those that are partitions. */
  Map<Integer, TensorSlice> slices() {
    return slices;
  }

  /** The variable of each node. */
  Map<String, ModelVariable> byNode() {
    return byNode;
  }

  private void read() throws CorruptModelException {
    Map<String, VariableDef> declared = collection(GraphCollections.VARIABLES);
    Map<String, VariableDef> trained = collection(GraphCollections.TRAINABLE_VARIABLES);
    Map<String, RestoredVariables.Source> restored = RestoredVariables.find(index, meta, graph);
    Set<String> nodes = new LinkedHashSet<>(declared.keySet());
    nodes.addAll(trained.keySet());
    graph.nodes().values().stream()
        .filter(GraphVariables::isVariable)
        .forEach(node -> nodes.add(node.getName()));
    // Without collections nothing marks trainable variables: then all floating-point ones count as
    // trainable.
    boolean anyCollection = meta.containsCollectionDef(GraphCollections.TRAINABLE_VARIABLES);
    for (String name : nodes) {
      NodeDef node = graph.nodes().get(name);
      if (node == null || !isVariable(node)) {
        continue;
      }
      VariableDef definition = declared.getOrDefault(name, trained.get(name));
      Optional<RestoredVariables.Source> source =
          Optional.ofNullable(restored.get(name)).or(() -> source(name, definition));
      if (source.isPresent()) {
        add(
            node,
            source.get(),
            anyCollection ? Optional.of(trained.containsKey(name)) : Optional.empty());
      }
    }
  }

  private Optional<RestoredVariables.Source> source(String name, VariableDef definition) {
    if (definition != null && definition.hasSaveSliceInfoDef()) {
      SaveSliceInfoDef info = definition.getSaveSliceInfoDef();
      List<TensorSlice.Extent> extents = new ArrayList<>();
      for (int d = 0; d < Math.min(info.getVarOffsetCount(), info.getVarShapeCount()); d++) {
        extents.add(new TensorSlice.Extent(info.getVarOffset(d), info.getVarShape(d)));
      }
      return known(
          new RestoredVariables.Source(info.getFullName(), Optional.of(new TensorSlice(extents))));
    }
    return known(new RestoredVariables.Source(name, Optional.empty()));
  }

  private Optional<RestoredVariables.Source> known(RestoredVariables.Source source) {
    return checkpoint.names().contains(source.key()) ? Optional.of(source) : Optional.empty();
  }

  private void add(NodeDef node, RestoredVariables.Source source, Optional<Boolean> trained)
      throws CorruptModelException {
    String where = "entry '" + source.key() + "'";
    if (!checkpoint.names().contains(source.key())) {
      throw new CorruptModelException(
          index, where, "the value of variable '" + node.getName() + "'", "no such entry");
    }
    TensorSpec stored = checkpoint.spec(source.key());
    AttrValue none = AttrValue.getDefaultInstance();
    Shape declared = ConstantTensor.shape(node.getAttrOrDefault("shape", none).getShape());
    Shape shape;
    try {
      shape =
          source.slice().isPresent()
              ? source.slice().get().shapeIn(stored.shape())
              : stored.shape();
    } catch (IllegalArgumentException e) {
      throw new CorruptModelException(index, where, "slices within its shape", e.getMessage());
    }
    // A scalar's shape and an unknown one look alike in the old op.
    boolean unknown = declared.numDimensions() == 0 && node.getOp().equals("Variable");
    if (stored.dtype() != node.getAttrOrDefault("dtype", none).getType()
        || (!unknown && !declared.isCompatibleWith(shape))) {
      throw new CorruptModelException(
          index,
          where,
          node.getAttrOrDefault("dtype", none).getType()
              + " "
              + declared
              + " as the model declares",
          stored.dtype() + " " + shape);
    }
    boolean trainable = trained.orElse(isFloating(stored));
    ModelVariable variable =
        new ModelVariable(
            variables.size(), node.getName(), stored.dtype(), shape, trainable, source.key());
    source.slice().ifPresent(slice -> slices.put(variable.id(), slice));
    byNode.put(node.getName(), variable);
    variables.add(variable);
  }

  private static boolean isFloating(TensorSpec spec) {
    return switch (spec.dtype()) {
      case DT_FLOAT, DT_DOUBLE, DT_HALF, DT_BFLOAT16 -> true;
      default -> false;
    };
  }

  /** The variables of a collection by the node that makes them. */
  private Map<String, VariableDef> collection(String name) throws CorruptModelException {
    CollectionDef collection =
        meta.getCollectionDefOrDefault(name, CollectionDef.getDefaultInstance());
    Map<String, VariableDef> definitions = new LinkedHashMap<>();
    for (ByteString bytes : collection.getBytesList().getValueList()) {
      try {
        VariableDef definition = VariableDef.parseFrom(bytes);
        definitions.put(TensorName.nodeOf(definition.getVariableName()), definition);
      } catch (InvalidProtocolBufferException e) {
        throw new CorruptModelException(
            index, "collection '" + name + "'", "variables", e.getMessage());
      }
    }
    return definitions;
  }
}
