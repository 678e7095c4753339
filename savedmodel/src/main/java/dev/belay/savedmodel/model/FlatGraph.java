package dev.belay.savedmodel.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;

/**
 * One or several functions of a model expanded into a single graph without calls, over one set of
 * variables, ready to be rewritten for training and imported.
 *
 * <p>Tensors are named as in a GraphDef: {@code node} or {@code node:1}.
 *
 * @param graphDef the flat nodes; its library holds only what is still referenced (loops that could
 *     not be unrolled, bodies of saved custom gradients)
 * @param functions the expanded functions in the order asked for
 * @param variables variables that the functions use, each with its VarHandleOp
 * @param initializers nodes to run once before anything else, such as those that fill lookup tables
 * @param assets nodes (string constants, scalar) whose value must be the path of an asset file, and
 *     that file; already set in the graph
 * @param customGradients places where the saved gradient must be used instead of the natural one
 * @param missingCustomGradients nodes whose author wrote a gradient that was not saved:
 *     differentiating through one must be refused
 * @param notes changes made, for people: "2 StatelessIf: both branches and SelectV2"
 */
public record FlatGraph(
    GraphDef graphDef,
    List<FlatFunction> functions,
    List<FlatVariable> variables,
    List<String> initializers,
    Map<String, Path> assets,
    List<CustomGradient> customGradients,
    List<MissingCustomGradient> missingCustomGradients,
    List<String> notes) {

  /**
   * A function in the flat graph.
   *
   * @param source the function that was expanded
   * @param scope what the names of its nodes begin with, up to a slash; placeholders apart
   * @param inputs its placeholders, in the order of {@code source.inputs()}
   * @param outputs its results, in the order of {@code source.outputs()}
   * @param updates nodes that must run with each call for its side effects (moving averages,
   *     counters)
   */
  public record FlatFunction(
      ModelFunction source,
      String scope,
      List<FlatTensor> inputs,
      List<FlatTensor> outputs,
      List<String> updates) {

    /** The same function, some outputs under other names, by their position. */
    public FlatFunction withOutputNames(Map<Integer, String> names) {
      List<FlatTensor> renamed = new ArrayList<>();
      for (int i = 0; i < outputs.size(); i++) {
        FlatTensor output = outputs.get(i);
        renamed.add(
            new FlatTensor(
                names.getOrDefault(i, output.name()),
                output.tensor(),
                output.dtype(),
                output.shape()));
      }
      return new FlatFunction(source.withOutputNames(names), scope, inputs, renamed, updates);
    }
  }

  /** A tensor of the flat graph under its name in the model. */
  public record FlatTensor(String name, String tensor, DataType dtype, Shape shape) {}

  /** A variable and the name of its VarHandleOp node. */
  public record FlatVariable(ModelVariable variable, String handle) {}

  /**
   * A node whose gradient the model's author wrote ({@code tf.custom_gradient}) and saved.
   *
   * @param node an IdentityN; its first {@code results} outputs are the function's results, the
   *     rest pass its arguments through
   * @param results how many results it has
   * @param function the gradient in the library: takes the gradients of the results, then {@code
   *     captures}; returns the gradients of {@code arguments}
   * @param arguments which of the node's inputs after the results each output of the function is
   *     the gradient of, from 0; an argument that is not listed has none
   * @param captures tensors of the flat graph
   */
  public record CustomGradient(
      String node, int results, String function, List<Integer> arguments, List<String> captures) {}

  /**
   * A node whose custom gradient is lost, so that the native one may be wrong.
   *
   * @param node as a rule an IdentityN
   * @param gradient the name under which the author's gradient was registered
   */
  public record MissingCustomGradient(String node, String gradient) {}
}
