package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleFiles;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.model.check.GraphValidator;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AssetFileDef;
import org.tensorflow.proto.framework.CollectionDef;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.MetaGraphDef;

/**
 * Reads and validates a SavedModel before native code sees any of it: its structure, its graph and
 * functions against a {@link GraphPolicy}, its signatures, its assets, and every byte of its
 * checkpoint.
 *
 * <p>Models of TF2 are read through their object graph; models of TF1, which have none, through
 * their signatures and collections. Keras' own metadata are not read here; {@link KerasConstraints}
 * reads them.
 */
public final class SavedModelReader {

  /**
   * The collections in which TF1, and TF2 for compatibility, names the nodes that initialise a
   * model.
   */
  private static final List<String> INIT_COLLECTIONS =
      List.of(GraphCollections.MAIN_OP, GraphCollections.LEGACY_INIT_OP);

  /** The collections in which TF1 names the parts of a training beside the signatures. */
  private static final List<String> TRAINING_COLLECTIONS =
      List.of(
          GraphCollections.UPDATE_OPS,
          GraphCollections.LOSSES,
          GraphCollections.REGULARIZATION_LOSSES);

  private SavedModelReader() {}

  /**
   * The folder that holds saved_model.pb, without reading it.
   *
   * @param path as {@link #read} takes it
   * @throws CorruptModelException if there is none, or more than one
   */
  public static Path find(Path path) throws IOException {
    return ModelFolder.find(path);
  }

  /** Reads a model with its graph for serving. */
  public static SavedModelContents read(Path path, GraphPolicy policy) throws IOException {
    return read(path, policy, Optional.empty());
  }

  /**
   * Reads a model.
   *
   * @param path the folder with saved_model.pb, or one that holds exactly one such folder as a
   *     version or as saved_model/1
   * @param tags of the graph to take, divided by commas; empty for the one that is meant for
   *     serving
   * @throws CorruptModelException if the model is refused, whatever the reason
   * @throws IOException if a file cannot be read
   */
  public static SavedModelContents read(Path path, GraphPolicy policy, Optional<String> tags)
      throws IOException {
    Path directory = ModelFolder.find(path);
    Path file = directory.resolve(ModelFiles.SAVED_MODEL);
    MetaGraphDef meta = SavedModelFile.read(file, tags);
    GraphValidator.validate(file, meta.getGraphDef());
    Map<String, FunctionDef> functions = new LinkedHashMap<>();
    meta.getGraphDef()
        .getLibrary()
        .getFunctionList()
        .forEach(function -> functions.put(function.getSignature().getName(), function));
    MainGraph graph = new MainGraph(meta.getGraphDef());
    Optional<ObjectGraph> objects =
        meta.getObjectGraphDef().getNodesCount() == 0
            ? Optional.empty()
            : Optional.of(ObjectGraph.of(file, meta.getObjectGraphDef(), functions.keySet()));
    List<ModelFunction> signatures = new GraphSignatures(file, graph).read(meta);
    checkPolicy(
        new PolicyCheck(file, policy, meta.getGraphDef().getNodeList(), functions), meta, objects);
    List<ModelFunction> callables =
        objects.isPresent() ? Callables.find(file, objects.get(), functions) : signatures;
    List<AssetFileDef> definitions = Assets.definitions(directory, meta);
    List<Path> assets = Assets.find(directory, definitions);
    return new SavedModelContents(
        new SavedModelContents.MetaGraphContents(
            directory,
            meta,
            Collections.unmodifiableMap(functions),
            callables,
            objects.isPresent()
                ? RegularizationLosses.find(file, objects.get(), functions)
                : List.of(),
            variables(directory, meta, graph, objects),
            assets,
            assetNodes(definitions),
            objects),
        graph);
  }

  private static Map<String, Integer> assetNodes(List<AssetFileDef> definitions) {
    Map<String, Integer> nodes = new HashMap<>();
    for (int i = 0; i < definitions.size(); i++) {
      nodes.put(TensorName.nodeOf(definitions.get(i).getTensorInfo().getName()), i);
    }
    return nodes;
  }

  private static void checkPolicy(
      PolicyCheck check, MetaGraphDef meta, Optional<ObjectGraph> objects)
      throws CorruptModelException {
    Set<String> nodes = new LinkedHashSet<>(collected(meta, INIT_COLLECTIONS));
    nodes.addAll(collected(meta, TRAINING_COLLECTIONS));
    meta.getSignatureDefMap()
        .values()
        .forEach(
            signature ->
                signature
                    .getOutputsMap()
                    .values()
                    .forEach(info -> nodes.add(TensorName.nodeOf(info.getName()))));
    check.check(nodes, objects.map(ObjectGraph::callableFunctions).orElse(Set.of()));
  }

  /** The nodes of the main graph that initialise the model, such as its lookup tables. */
  static Set<String> initNodes(MetaGraphDef meta) {
    return collected(meta, INIT_COLLECTIONS);
  }

  private static Set<String> collected(MetaGraphDef meta, List<String> collections) {
    Set<String> nodes = new LinkedHashSet<>();
    for (String collection : collections) {
      meta.getCollectionDefOrDefault(collection, CollectionDef.getDefaultInstance())
          .getNodeList()
          .getValueList()
          .forEach(name -> nodes.add(TensorName.nodeOf(name)));
    }
    return nodes;
  }

  private static SavedModelContents.Variables variables(
      Path directory, MetaGraphDef meta, MainGraph graph, Optional<ObjectGraph> objects)
      throws IOException {
    Path prefix = directory.resolve(ModelFiles.VARIABLES).resolve(ModelFiles.VARIABLES);
    Path index =
        directory.resolve(ModelFiles.VARIABLES).resolve(ModelFiles.VARIABLES + BundleFiles.INDEX);
    boolean any =
        objects.isPresent()
            ? ObjectVariables.any(objects.get())
            : graph.nodes().values().stream().anyMatch(GraphVariables::isVariable);
    if (!any && !Files.exists(index)) {
      return new SavedModelContents.Variables(List.of(), Map.of(), Map.of(), Optional.empty());
    }
    ModelFolder.requireInside(directory, ModelFiles.VARIABLES);
    BundleContents checkpoint = BundleReader.open(prefix);
    checkpoint.verifyAll();
    if (objects.isPresent()) {
      List<ModelVariable> variables =
          any ? ObjectVariables.read(index, objects.get(), checkpoint) : List.of();
      return new SavedModelContents.Variables(
          variables, Map.of(), Map.of(), Optional.of(checkpoint));
    }
    GraphVariables variables = GraphVariables.read(index, meta, graph, checkpoint);
    return new SavedModelContents.Variables(
        variables.variables(), variables.slices(), variables.byNode(), Optional.of(checkpoint));
  }
}
