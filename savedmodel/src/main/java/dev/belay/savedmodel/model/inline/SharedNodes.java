package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.ObjectGraph;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Nodes that the functions of a model share: variables, constants, assets, lookup tables. */
final class SharedNodes {

  private final SavedModelContents contents;
  private final GrowingGraph nodes;
  private final Map<Integer, ModelVariable> variables = new HashMap<>();
  private final Map<String, ModelVariable> handles = new LinkedHashMap<>();
  private final Map<String, Path> assets = new LinkedHashMap<>();
  private final Map<String, String> byOrigin = new HashMap<>();

  SharedNodes(SavedModelContents contents, GrowingGraph nodes) {
    this.contents = contents;
    this.nodes = nodes;
    contents.variables().forEach(variable -> variables.put(variable.id(), variable));
  }

  /** The requested variables, by the node of their handle. */
  Map<String, ModelVariable> handles() {
    return Collections.unmodifiableMap(handles);
  }

  /** The requested asset files, by the node that holds their path. */
  Map<String, Path> assets() {
    return Collections.unmodifiableMap(assets);
  }

  /** The handle of a variable. */
  String variable(ModelVariable variable) throws UnsupportedModelException {
    String origin = "variable/" + variable.id();
    if (!byOrigin.containsKey(origin)) {
      TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
      for (long size : variable.shape().asArray()) {
        shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
      }
      // Names of variables are not unique in TF2: a shared name would confuse two of them.
      String handle =
          nodes.add(
              Nodes.node(nodes.reserve(origin), "VarHandleOp")
                  .putAttr("dtype", Attributes.type(variable.dtype()))
                  .putAttr("shape", AttrValue.newBuilder().setShape(shape).build())
                  .putAttr("shared_name", Attributes.string("imported/" + variable.id()))
                  .putAttr("container", Attributes.string(""))
                  .build());
      byOrigin.put(origin, handle);
      handles.put(handle, variable);
    }
    return byOrigin.get(origin);
  }

  /** The path of an asset. */
  String asset(int index) throws UnsupportedModelException {
    String origin = "asset/" + index;
    if (!byOrigin.containsKey(origin)) {
      if (index < 0 || index >= contents.assets().size()) {
        throw new UnsupportedModelException(
            contents.file(), origin, "the model has " + contents.assets().size() + " assets");
      }
      Path file = contents.assets().get(index);
      TensorProto path =
          TensorProto.newBuilder()
              .setDtype(DataType.DT_STRING)
              .setTensorShape(TensorShapeProto.getDefaultInstance())
              .addStringVal(Attributes.string(file.toString()).getS())
              .build();
      String node = nodes.addConstant(origin, path);
      byOrigin.put(origin, node);
      assets.put(node, file);
    }
    return byOrigin.get(origin);
  }

  /** The tensor that a function captured from an object of the model. */
  String captured(int id, Tables tables) throws IOException {
    SavedObject object = contents.objects().orElseThrow().node(id);
    switch (object.getKindCase()) {
      case VARIABLE -> {
        ModelVariable variable = variables.get(id);
        if (variable == null) {
          throw unsupported(id, "a variable without a value in the checkpoint");
        }
        return variable(variable);
      }
      case CONSTANT -> {
        return constant(id, object.getConstant().getOperation());
      }
      case ASSET -> {
        return asset(object.getAsset().getAssetFileDefIndex());
      }
      case RESOURCE -> {
        return table(id, tables);
      }
      default -> throw unsupported(id, "an object of kind " + object.getKindCase().name());
    }
  }

  private String constant(int id, String operation) throws UnsupportedModelException {
    String origin = "constant/" + id;
    if (!byOrigin.containsKey(origin)) {
      NodeDef node = contents.mainGraph().nodes().get(TensorName.nodeOf(operation));
      if (node == null || !node.getOp().equals("Const")) {
        throw unsupported(id, "a constant that is not in the graph");
      }
      byOrigin.put(origin, nodes.addConstant(origin, node.getAttrOrThrow("value").getTensor()));
    }
    return byOrigin.get(origin);
  }

  private String table(int id, Tables tables) throws IOException {
    String origin = "table/" + id;
    if (!byOrigin.containsKey(origin)) {
      Optional<FunctionDef> create = function(id, ObjectGraph.CREATE_RESOURCE);
      Optional<FunctionDef> initialize = function(id, ObjectGraph.INITIALIZE);
      if (create.isEmpty() || initialize.isEmpty()) {
        throw unsupported(id, "a resource that no function of the model creates and initialises");
      }
      // The table is registered before it is filled, because its initializer captures the table
      // itself.
      byOrigin.put(origin, tables.create(origin, create.get(), captures(create.get(), tables)));
      tables.initialize(origin, initialize.get(), captures(initialize.get(), tables));
    }
    return byOrigin.get(origin);
  }

  private Optional<FunctionDef> function(int id, String name) {
    Integer child = contents.objects().orElseThrow().children(id).get(name);
    if (child == null) {
      return Optional.empty();
    }
    List<String> functions = ObjectGraph.functionsOf(contents.objects().orElseThrow().node(child));
    return functions.size() == 1
        ? Optional.of(contents.functions().get(functions.get(0)))
        : Optional.empty();
  }

  /** All captures of a function, in the order of its last arguments. */
  List<String> captures(FunctionDef function, Tables tables) throws IOException {
    List<String> captures = new ArrayList<>();
    for (int id : boundInputs(function.getSignature().getName())) {
      captures.add(captured(id, tables));
    }
    return captures;
  }

  /** The objects that a function captured; none if Python recorded none. */
  List<Integer> boundInputs(String function) {
    return contents
        .objects()
        .flatMap(objects -> objects.concreteFunction(function))
        .map(recorded -> recorded.getBoundInputsList())
        .orElse(List.of());
  }

  private UnsupportedModelException unsupported(int id, String what) {
    return new UnsupportedModelException(
        contents.file(),
        "object " + id,
        "a function captures " + what + ", which Belay cannot run");
  }
}
