package dev.belay.savedmodel.export;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.ObjectGraph;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AssetFileDef;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.SavedModel;
import org.tensorflow.proto.framework.TensorInfo;
import org.tensorflow.proto.framework.VersionDef;

/** Assembles a SavedModel from a flat graph: functions, main graph, objects, checkpoint. */
final class NewModelAssembly {
  private static final String TENSORFLOW_VERSION = "2.10.1";

  /** Those of TensorFlow 2.10. */
  private static final VersionDef DEFAULT_VERSIONS =
      VersionDef.newBuilder().setProducer(1205).setMinConsumer(12).build();

  private static final Comparator<FlatTensor> BY_NAME = Comparator.comparing(FlatTensor::name);

  private final NewModel model;
  private final NodeIndex nodes;
  private final String ready;
  private final ObjectGraphWriter objects = new ObjectGraphWriter();
  private final GraphDef.Builder graph = GraphDef.newBuilder();
  private final MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
  private final MainGraphWriter main = new MainGraphWriter(graph);
  private final UniqueNames functionNames = new UniqueNames();
  private final Map<String, Capture> captures = new LinkedHashMap<>();
  private final Map<String, NewModel.NewVariable> checkpoint = new LinkedHashMap<>();
  private final Map<String, Path> assetFiles = new LinkedHashMap<>();

  NewModelAssembly(NewModel model) {
    this.model = model;
    UniqueNames names = new UniqueNames();
    model.graphDef().getNodeList().forEach(node -> names.take(node.getName()));
    this.ready = names.node("table_is_ready");
    this.nodes = new NodeIndex(model.graphDef().toBuilder().addNode(one(ready)).build());
    graph.setLibrary(ExportedFunctions.reachable(model.graphDef(), neededBySignatures()));
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      functionNames.take(function.getSignature().getName());
    }
    graph.setVersions(
        model.graphDef().hasVersions() ? model.graphDef().getVersions() : DEFAULT_VERSIONS);
    addVariables();
    Map<String, List<String>> tables = LookupTables.find(nodes, model, neededBySignatures());
    Map<String, Integer> tableObjects = addTables(tables.keySet());
    addSignatures();
    addAssets();
    addTableFunctions(tables, tableObjects);
    main.finish(meta);
    describe();
  }

  /** Writes everything below an empty directory. */
  void writeInto(Path directory) throws IOException {
    Path prefix = SavedModelWriter.variablesPrefix(directory);
    Files.createDirectory(prefix.getParent());
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      for (Map.Entry<String, NewModel.NewVariable> entry : checkpoint.entrySet()) {
        writer.add(entry.getKey(), entry.getValue().spec(), entry.getValue().values());
      }
      writer.addStrings(
          CheckpointNames.OBJECT_GRAPH, Shape.scalar(), List.of(bytes(objects.forCheckpoint())));
      writer.commit();
    }
    Path assets = Files.createDirectory(directory.resolve(ModelFiles.ASSETS));
    for (Map.Entry<String, Path> asset : assetFiles.entrySet()) {
      Files.copy(asset.getValue(), assets.resolve(asset.getKey()));
    }
    SavedModel savedModel =
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(meta).build();
    Files.write(directory.resolve(ModelFiles.SAVED_MODEL), bytes(savedModel));
  }

  /** Maps in the order of their keys: the same model is the same bytes in every process. */
  private static byte[] bytes(Message message) throws IOException {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    message.writeTo(out);
    out.checkNoSpaceLeft();
    return bytes;
  }

  private void addVariables() {
    int all = objects.addList(ObjectGraphWriter.ROOT, "variables");
    int trainable = objects.addList(ObjectGraphWriter.ROOT, "trainable_variables");
    int trainables = 0;
    for (NewModel.NewVariable variable : model.variables()) {
      requireHandle(variable);
      String number = Integer.toString(checkpoint.size());
      String key = "variables/" + number + CheckpointNames.VALUE_SUFFIX;
      int object = objects.addVariable(all, number, variable, key);
      if (variable.trainable()) {
        objects.addReference(trainable, Integer.toString(trainables++), object);
      }
      capture(
          variable.handle(),
          object,
          main.addVariable(variable, key),
          DataType.DT_RESOURCE,
          Optional.of(variable.spec()));
      checkpoint.put(key, variable);
    }
  }

  private Map<String, Integer> addTables(Set<String> tables) {
    Map<String, Integer> tableObjects = new LinkedHashMap<>();
    if (tables.isEmpty()) {
      return tableObjects;
    }
    int list = objects.addList(ObjectGraphWriter.ROOT, "tables");
    for (String table : tables) {
      int object = objects.addResource(list, Integer.toString(tableObjects.size()));
      tableObjects.put(table, object);
      String mainNode = main.addTable(nodes.node(table));
      capture(table, object, mainNode, DataType.DT_RESOURCE, Optional.empty());
    }
    return tableObjects;
  }

  private void addSignatures() {
    int map = objects.addSignatures();
    FunctionWriter functions = new FunctionWriter(nodes, captures);
    for (NewModel.NewSignature signature : model.signatures()) {
      // Python flattens a dictionary by sorted keys: inputs and outputs of the function have that
      // order.
      NewModel.NewSignature sorted =
          new NewModel.NewSignature(
              signature.name(),
              signature.inputs().stream().sorted(BY_NAME).toList(),
              signature.outputs().stream().sorted(BY_NAME).toList(),
              signature.updates());
      FunctionWriter.Written function =
          functions.write(
              functionNames.node("signature_" + signature.name()),
              sorted.inputs(),
              sorted.outputs(),
              sorted.updates());
      graph.getLibraryBuilder().addFunction(function.definition());
      objects.addSignature(map, sorted, function);
      main.addSignature(sorted, function);
    }
  }

  /** Runs after the signatures: only table initializers may use the path of a file. */
  private void addAssets() {
    Set<String> inSignatures = new TreeSet<>(model.assets().keySet());
    inSignatures.retainAll(neededBySignatures());
    if (!inSignatures.isEmpty()) {
      throw new IllegalArgumentException(
          "cannot export: signatures read the paths of assets when they are called: "
              + String.join(", ", inSignatures));
    }
    if (model.assets().isEmpty()) {
      return;
    }
    int list = objects.addList(ObjectGraphWriter.ROOT, "assets");
    int index = 0;
    for (Map.Entry<String, Path> asset : new TreeMap<>(model.assets()).entrySet()) {
      String path = main.addAssetPath();
      String fileName = assetName(asset.getValue());
      meta.addAssetFileDef(
          AssetFileDef.newBuilder()
              .setFilename(fileName)
              .setTensorInfo(TensorInfo.newBuilder().setName(path + ":0")));
      int object = objects.addAsset(list, Integer.toString(index), index);
      capture(asset.getKey(), object, path, DataType.DT_STRING, Optional.empty());
      index++;
    }
  }

  private String assetName(Path file) {
    for (Map.Entry<String, Path> known : assetFiles.entrySet()) {
      if (known.getValue().equals(file)) {
        return known.getKey();
      }
    }
    String name = file.getFileName().toString();
    for (int i = 1; assetFiles.containsKey(name); i++) {
      name = file.getFileName() + "_" + i;
    }
    assetFiles.put(name, file);
    return name;
  }

  private void addTableFunctions(
      Map<String, List<String>> tables, Map<String, Integer> tableObjects) {
    FunctionWriter functions = new FunctionWriter(nodes, captures);
    for (Map.Entry<String, List<String>> table : tables.entrySet()) {
      int object = tableObjects.get(table.getKey());
      FunctionWriter.Written create = creator(table.getKey());
      graph.getLibraryBuilder().addFunction(create.definition());
      objects.addFunction(
          object,
          ObjectGraph.CREATE_RESOURCE,
          create,
          SignatureStructures.scalar(DataType.DT_RESOURCE));
      requireAssets(table.getValue());
      FunctionWriter.Written initialize =
          functions.write(
              functionNames.node("initialize_" + captures.get(table.getKey()).mainNode()),
              List.of(),
              List.of(new FlatTensor("ready", ready, DataType.DT_INT32, Shape.scalar())),
              table.getValue());
      graph.getLibraryBuilder().addFunction(initialize.definition());
      objects.addFunction(
          object,
          ObjectGraph.INITIALIZE,
          initialize,
          SignatureStructures.scalar(DataType.DT_INT32));
      main.addInitializer(initialize);
    }
  }

  /** The function that creates a table: the same one as in the main graph. */
  private FunctionWriter.Written creator(String table) {
    String mainNode = captures.get(table).mainNode();
    NodeDef node =
        nodes.node(table).toBuilder().putAttr("shared_name", Attributes.string(mainNode)).build();
    NodeIndex onlyTable = new NodeIndex(GraphDef.newBuilder().addNode(node).build());
    return new FunctionWriter(onlyTable, Map.of())
        .write(
            functionNames.node("create_" + mainNode),
            List.of(),
            List.of(new FlatTensor("table", table, DataType.DT_RESOURCE, Shape.scalar())),
            List.of());
  }

  /**
   * The path that a table is read from must be that of an asset; any other path is invalid on
   * another machine.
   */
  private void requireAssets(List<String> initializers) {
    for (String name : initializers) {
      NodeDef node = nodes.node(name);
      if (node.getOp().equals("InitializeTableFromTextFileV2")
          && !model.assets().containsKey(TensorName.nodeOf(node.getInput(1)))) {
        throw new IllegalArgumentException(
            "cannot export: '" + name + "' reads a file that is no asset of the model");
      }
    }
  }

  private void requireHandle(NewModel.NewVariable variable) {
    NodeDef handle = nodes.node(variable.handle());
    boolean fits =
        handle.getOp().equals("VarHandleOp")
            && handle.getAttrOrThrow("dtype").getType() == variable.spec().dtype();
    if (!fits || captures.containsKey(variable.handle())) {
      throw new IllegalArgumentException(
          "variable '%s' of %s: node '%s' (%s) is not its own handle"
              .formatted(variable.name(), variable.spec(), variable.handle(), handle.getOp()));
    }
  }

  private void capture(
      String node, int object, String mainNode, DataType dtype, Optional<TensorSpec> variable) {
    captures.put(node, new Capture(node, object, mainNode, dtype, variable));
  }

  private Set<String> neededBySignatures() {
    Set<String> roots = new TreeSet<>();
    for (NewModel.NewSignature signature : model.signatures()) {
      roots.addAll(signature.updates());
      signature.outputs().forEach(output -> roots.add(TensorName.parse(output.tensor()).node()));
    }
    return nodes.needed(roots, Set.of());
  }

  /** The ops that the model uses, from which a newer TensorFlow knows which defaults were meant. */
  private void describe() {
    Set<String> ops = new TreeSet<>();
    graph.getNodeList().forEach(node -> ops.add(node.getOp()));
    graph
        .getLibrary()
        .getFunctionList()
        .forEach(function -> function.getNodeDefList().forEach(node -> ops.add(node.getOp())));
    MetaGraphDef.MetaInfoDef.Builder info = meta.getMetaInfoDefBuilder();
    for (String op : ops) {
      OpCatalogue.get().find(op).ifPresent(info.getStrippedOpListBuilder()::addOp);
    }
    info.addTags(SavedModelContents.SERVE)
        .setTensorflowVersion(TENSORFLOW_VERSION)
        .setTensorflowGitVersion("belay");
    meta.setObjectGraphDef(objects.forModel());
  }

  private static NodeDef one(String name) {
    return Nodes.node(name, "Const")
        .putAttr("dtype", Attributes.type(DataType.DT_INT32))
        .putAttr("value", Attributes.int32(1))
        .build();
  }
}
