package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.GraphDef;

/**
 * Trained model to be written as a SavedModel.
 *
 * @param graphDef flat nodes: Placeholders for the inputs, VarHandleOps, HashTableV2s, and the
 *     nodes that compute the outputs. Its library holds what loops and branches call. Nodes that no
 *     signature needs are left out.
 * @param variables all that the model shows in Python, in this order
 * @param signatures what can be called
 * @param initializers nodes that fill lookup tables, run once after loading
 * @param assets scalar string Const nodes whose value is the path of a file, and that file
 */
public record NewModel(
    GraphDef graphDef,
    List<NewVariable> variables,
    List<NewSignature> signatures,
    List<String> initializers,
    Map<String, Path> assets) {

  public NewModel {
    variables = List.copyOf(variables);
    signatures = List.copyOf(signatures);
    initializers = List.copyOf(initializers);
    assets = Map.copyOf(assets);
  }

  /**
   * A variable and its value.
   *
   * @param name as Python shows it, without ":0"; need not be unique
   * @param handle its VarHandleOp in the graph
   * @param spec type and shape
   * @param trainable whether Python lists it among the trainable ones
   * @param values its elements, read when they are written
   */
  public record NewVariable(
      String name, String handle, TensorSpec spec, boolean trainable, TensorPieces values) {}

  /**
   * A function that callers find by name.
   *
   * @param name such as {@code serving_default}
   * @param inputs the names that callers use, each with its Placeholder; -1 in a shape is a size
   *     that may differ from call to call
   * @param outputs the names that callers see, each with a tensor of the graph
   * @param updates nodes that run with each call for their side effects
   */
  public record NewSignature(
      String name, List<FlatTensor> inputs, List<FlatTensor> outputs, List<String> updates) {

    public NewSignature {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
      updates = List.copyOf(updates);
    }
  }
}
