package dev.belay.savedmodel.model;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.CollectionDef;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.MetaGraphDef;

/**
 * Validated SavedModel: its graph and functions, its signatures and callables, its variables and
 * their values, its assets.
 *
 * <p>It holds no file open. See {@link SavedModelReader}.
 */
public final class SavedModelContents {
  /** The tag of graphs for serving. */
  public static final String SERVE = "serve";

  /** The signature that is called if no other is named. */
  public static final String SERVING_DEFAULT = "serving_default";

  /** The signature name that marks the initialisation of a TF2 model. */
  public static final String INIT_SIGNATURE = "__saved_model_init_op";

  /**
   * Parts of a SavedModel, as read.
   *
   * @param directory that holds saved_model.pb
   * @param metaGraph the selected graph, usually the one tagged "serve"
   * @param functions its function library by name
   * @param callables signatures and callables
   * @param regularizers functions without inputs, whose result Keras adds to the loss
   * @param variables all variables that have a value
   * @param assets the model's files, in its order
   * @param assetNodes the nodes of the main graph that take the path of a file, by position
   * @param objects empty for a TF1 model
   */
  record MetaGraphContents(
      Path directory,
      MetaGraphDef metaGraph,
      Map<String, FunctionDef> functions,
      List<ModelFunction> callables,
      List<ModelFunction> regularizers,
      Variables variables,
      List<Path> assets,
      Map<String, Integer> assetNodes,
      Optional<ObjectGraph> objects) {}

  /**
   * The variables and the location of their values.
   *
   * @param all in the model's order
   * @param slices for partitions, their part of the whole, by id
   * @param byNode in a TF1 model, the variable that a node is
   * @param checkpoint empty for a model without variables
   */
  record Variables(
      List<ModelVariable> all,
      Map<Integer, TensorSlice> slices,
      Map<String, ModelVariable> byNode,
      Optional<BundleContents> checkpoint) {}

  private final MetaGraphContents parts;
  private final MainGraph mainGraph;

  SavedModelContents(MetaGraphContents parts, MainGraph mainGraph) {
    this.parts = parts;
    this.mainGraph = mainGraph;
  }

  /** The folder that holds saved_model.pb. */
  public Path directory() {
    return parts.directory();
  }

  /** The file that messages name. */
  public Path file() {
    return parts.directory().resolve(ModelFiles.SAVED_MODEL);
  }

  /** The selected graph, as stored in the file. */
  public MetaGraphDef metaGraph() {
    return parts.metaGraph();
  }

  /** The tags of the graph that was taken. */
  public List<String> tags() {
    return parts.metaGraph().getMetaInfoDef().getTagsList();
  }

  /** The nodes outside all functions. */
  public MainGraph mainGraph() {
    return mainGraph;
  }

  /** The nodes of the main graph that initialise the model, such as its lookup tables. */
  public Set<String> initNodes() {
    return SavedModelReader.initNodes(parts.metaGraph());
  }

  /**
   * The nodes or tensors of a collection of TF1, such as {@code update_ops}; none if there is none.
   */
  public List<String> collection(String name) {
    return parts
        .metaGraph()
        .getCollectionDefOrDefault(name, CollectionDef.getDefaultInstance())
        .getNodeList()
        .getValueList();
  }

  /** The functions by name, in the file's order. */
  public Map<String, FunctionDef> functions() {
    return parts.functions();
  }

  /** The Python objects; empty for a TF1 model. */
  public Optional<ObjectGraph> objects() {
    return parts.objects();
  }

  /** All callables with plain tensors as inputs and outputs; signatures first. */
  public List<ModelFunction> callables() {
    return parts.callables();
  }

  /** Functions without inputs, whose result Keras adds to the loss of a training. */
  public List<ModelFunction> regularizers() {
    return parts.regularizers();
  }

  /** The callables that TF Serving offers. */
  public List<ModelFunction> signatures() {
    return parts.callables().stream().filter(ModelFunction::isSignature).toList();
  }

  /** All variables that have a value, trainable or not. */
  public List<ModelVariable> variables() {
    return parts.variables().all();
  }

  /** In a TF1 model, the variable that a node of the main graph is. */
  public Optional<ModelVariable> variableOfNode(String node) {
    return Optional.ofNullable(parts.variables().byNode().get(node));
  }

  /** The part of the tensor under its checkpoint key that a variable is; empty for the whole. */
  public Optional<TensorSlice> slice(ModelVariable variable) {
    return Optional.ofNullable(parts.variables().slices().get(variable.id()));
  }

  /** The checkpoint, fully verified; empty for a model without variables. */
  public Optional<BundleContents> checkpoint() {
    return parts.variables().checkpoint();
  }

  /** The files of the model, such as vocabularies, in its order. */
  public List<Path> assets() {
    return parts.assets();
  }

  /** The asset whose path a node of the main graph holds, if any. */
  public Optional<Integer> assetOfNode(String node) {
    return Optional.ofNullable(parts.assetNodes().get(node));
  }

  /**
   * The value of a variable, row by row, little-endian; of a partition, its part.
   *
   * @throws IOException if the checkpoint cannot be read
   * @throws IllegalArgumentException if the variable holds strings or is of another model
   */
  public ByteBuffer read(ModelVariable variable) throws IOException {
    BundleContents checkpoint =
        checkpoint()
            .orElseThrow(() -> new IllegalArgumentException("model without variables: " + file()));
    Optional<TensorSlice> slice = slice(variable);
    return slice.isPresent()
        ? checkpoint.readSlice(variable.checkpointKey(), slice.get())
        : checkpoint.read(variable.checkpointKey());
  }
}
