package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.GraphCollections;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.tensor.Shapes;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.CollectionDef;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.SignatureDef;
import org.tensorflow.proto.framework.TensorInfo;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.proto.util.SaverDef;

/**
 * The graph that the C++ loader, TensorFlow Serving and Python's version 1 loader run: variables,
 * tables, one call for each signature, and the ops that restore and save.
 */
final class MainGraphWriter {
  private static final String PREDICT = "tensorflow/serving/predict";
  private static final String CALL = "StatefulPartitionedCall";

  private final GraphDef.Builder graph;
  private final UniqueNames names = new UniqueNames();
  private final Map<String, SignatureDef> signatures = new LinkedHashMap<>();
  private final List<String> initializers = new ArrayList<>();
  private final List<SavedVariable> variables = new ArrayList<>();

  private record SavedVariable(String handle, TensorSpec spec, String checkpointKey) {}

  MainGraphWriter(GraphDef.Builder graph) {
    this.graph = graph;
  }

  /** Adds a variable and returns its node. */
  String addVariable(NewModel.NewVariable variable, String checkpointKey) {
    String name = names.node(variable.name());
    graph.addNode(
        Nodes.node(name, "VarHandleOp")
            .putAttr("dtype", Attributes.type(variable.spec().dtype()))
            .putAttr("shape", Attributes.shape(variable.spec().shape()))
            .putAttr("shared_name", Attributes.string(name)));
    variables.add(new SavedVariable(name, variable.spec(), checkpointKey));
    return name;
  }

  /** Adds a lookup table like that of the flat graph and returns its node. */
  String addTable(NodeDef table) {
    String name = names.node(table.getName());
    graph.addNode(
        table.toBuilder()
            .setName(name)
            .clearDevice()
            .putAttr("shared_name", Attributes.string(name)));
    return name;
  }

  /** Adds the path of an asset, which the loader feeds, and returns its node. */
  String addAssetPath() {
    return addPlaceholder("asset_path", DataType.DT_STRING, Shape.scalar());
  }

  void addSignature(NewModel.NewSignature signature, FunctionWriter.Written function) {
    List<String> inputs = new ArrayList<>();
    SignatureDef.Builder definition = SignatureDef.newBuilder().setMethodName(PREDICT);
    for (FlatTensor input : signature.inputs()) {
      String placeholder =
          addPlaceholder(signature.name() + "_" + input.name(), input.dtype(), input.shape());
      inputs.add(placeholder);
      definition.putInputs(input.name(), info(placeholder, 0, input));
    }
    String call = addCall(function, inputs);
    for (int i = 0; i < signature.outputs().size(); i++) {
      FlatTensor output = signature.outputs().get(i);
      definition.putOutputs(output.name(), info(call, i, output));
    }
    signatures.put(signature.name(), definition.build());
  }

  /** Adds a function that the loader runs once, after it has restored the variables. */
  void addInitializer(FunctionWriter.Written function) {
    initializers.add(addCall(function, List.of()));
  }

  /** Adds restore, save and initialization, and completes {@code meta}. */
  void finish(MetaGraphDef.Builder meta) {
    meta.setSaverDef(addSaver());
    String init = names.node("initialize");
    NodeDef.Builder node = Nodes.node(init, "NoOp");
    initializers.forEach(initializer -> node.addInput("^" + initializer));
    graph.addNode(node);
    TensorInfo.Builder target =
        TensorInfo.newBuilder()
            .setName(init)
            .setTensorShape(TensorShapeProto.newBuilder().setUnknownRank(true));
    signatures.put(
        SavedModelContents.INIT_SIGNATURE,
        SignatureDef.newBuilder()
            .putOutputs(SavedModelContents.INIT_SIGNATURE, target.build())
            .build());
    meta.putCollectionDef(
        GraphCollections.MAIN_OP,
        CollectionDef.newBuilder()
            .setNodeList(CollectionDef.NodeList.newBuilder().addValue(init))
            .build());
    meta.putAllSignatureDef(signatures).setGraphDef(graph);
  }

  private SaverDef addSaver() {
    String file = addPlaceholder("saver_filename", DataType.DT_STRING, Shape.scalar());
    String restoreAll = names.node("save/restore_all");
    String saved = names.node("save/control_dependency");
    NodeDef.Builder restored = Nodes.node(restoreAll, "NoOp");
    NodeDef.Builder result =
        Nodes.node(saved, "Identity")
            .addInput(file)
            .putAttr("T", Attributes.type(DataType.DT_STRING));
    if (!variables.isEmpty()) {
      String keys = addStrings("save/keys", variables.stream().map(v -> v.checkpointKey).toList());
      String slices = addStrings("save/slices", Collections.nCopies(variables.size(), ""));
      List<DataType> types = variables.stream().map(v -> v.spec.dtype()).toList();
      NodeDef.Builder restore =
          Nodes.node(names.node("save/RestoreV2"), "RestoreV2")
              .addAllInput(List.of(file, keys, slices))
              .putAttr("dtypes", Attributes.types(types));
      NodeDef.Builder save =
          Nodes.node(names.node("save/SaveV2"), "SaveV2")
              .addAllInput(List.of(file, keys, slices))
              .putAttr("dtypes", Attributes.types(types));
      graph.addNode(restore);
      for (int i = 0; i < variables.size(); i++) {
        SavedVariable variable = variables.get(i);
        String assign = names.node("save/Assign");
        graph.addNode(
            Nodes.node(assign, "AssignVariableOp")
                .addInput(variable.handle)
                .addInput(restore.getName() + (i == 0 ? "" : ":" + i))
                .putAttr("dtype", Attributes.type(variable.spec.dtype())));
        restored.addInput("^" + assign);
        String read = names.node("save/Read");
        graph.addNode(
            Nodes.node(read, "ReadVariableOp")
                .addInput(variable.handle)
                .putAttr("dtype", Attributes.type(variable.spec.dtype())));
        save.addInput(read);
      }
      graph.addNode(save);
      result.addInput("^" + save.getName());
    }
    graph.addNode(restored).addNode(result);
    return SaverDef.newBuilder()
        .setFilenameTensorName(file + ":0")
        .setSaveTensorName(saved + ":0")
        .setRestoreOpName(restoreAll)
        .setVersion(SaverDef.CheckpointFormatVersion.V2)
        .build();
  }

  private String addCall(FunctionWriter.Written function, List<String> inputs) {
    OpDef signature = function.definition().getSignature();
    List<DataType> given = signature.getInputArgList().stream().map(OpDef.ArgDef::getType).toList();
    List<DataType> taken =
        signature.getOutputArgList().stream().map(OpDef.ArgDef::getType).toList();
    String name = names.node(CALL);
    NodeDef.Builder call =
        Nodes.node(name, CALL)
            .addAllInput(inputs)
            .putAttr("Tin", Attributes.types(given))
            .putAttr("Tout", Attributes.types(taken))
            .putAttr("f", Attributes.function(function.name()));
    function.captures().forEach(capture -> call.addInput(capture.mainNode()));
    graph.addNode(call);
    return name;
  }

  private String addPlaceholder(String wanted, DataType dtype, Shape shape) {
    String name = names.node(wanted);
    graph.addNode(
        Nodes.node(name, "Placeholder")
            .putAttr("dtype", Attributes.type(dtype))
            .putAttr("shape", Attributes.shape(shape)));
    return name;
  }

  private String addStrings(String wanted, List<String> values) {
    String name = names.node(wanted);
    graph.addNode(
        Nodes.node(name, "Const")
            .putAttr("dtype", Attributes.type(DataType.DT_STRING))
            .putAttr("value", Attributes.strings(values)));
    return name;
  }

  private static TensorInfo info(String node, int index, FlatTensor tensor) {
    return TensorInfo.newBuilder()
        .setName(node + ":" + index)
        .setDtype(tensor.dtype())
        .setTensorShape(Shapes.toProto(tensor.shape()))
        .build();
  }
}
