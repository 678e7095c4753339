package dev.belay.savedmodel.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Callable of a model: a serving signature, or one trace of a {@code tf.function} of its root
 * object.
 *
 * @param path where Python finds it: {@code signatures/serving_default}, {@code __call__}, {@code
 *     call_and_return_all_conditional_losses}
 * @param functionName the concrete function in the library; for a TF1-style signature, which has no
 *     function, the signature's key
 * @param inputs the arguments, flattened as tf.nest does
 * @param outputs the results, flattened; names such as {@code logits}, or {@code output_0} where
 *     the function returns a bare tensor
 * @param training the value of its {@code training} argument, empty if it has none
 */
public record ModelFunction(
    String path,
    String functionName,
    List<Argument> inputs,
    List<Argument> outputs,
    Optional<Boolean> training) {

  /** Prefix of the paths of signatures. */
  static final String SIGNATURES = "signatures/";

  /** Prefix of the names of outputs that are losses added by layers, not results. */
  public static final String LOSSES = "losses/";

  /**
   * An input or output tensor.
   *
   * @param name its last part names the feature: {@code input_ids}
   * @param dtype element type
   * @param shape as declared, with unknown dimensions
   */
  public record Argument(String name, DataType dtype, Shape shape) {

    private Argument withName(String other) {
      return new Argument(other, dtype, shape);
    }
  }

  /** The same function, its inputs under other names, in their order. */
  ModelFunction withInputNames(List<String> names) {
    List<Argument> renamed = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      renamed.add(inputs.get(i).withName(names.get(i)));
    }
    return new ModelFunction(path, functionName, renamed, outputs, training);
  }

  /** The same function, some outputs under other names, by their position. */
  public ModelFunction withOutputNames(Map<Integer, String> names) {
    List<Argument> renamed = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      renamed.add(outputs.get(i).withName(names.getOrDefault(i, outputs.get(i).name())));
    }
    return new ModelFunction(path, functionName, inputs, renamed, training);
  }

  /** The positions of the outputs that are results. */
  public List<Integer> results() {
    return positions(false);
  }

  /** The positions of the outputs that are losses added by layers. */
  public List<Integer> losses() {
    return positions(true);
  }

  private List<Integer> positions(boolean ofLosses) {
    return IntStream.range(0, outputs.size())
        .filter(i -> outputs.get(i).name().startsWith(LOSSES) == ofLosses)
        .boxed()
        .toList();
  }

  /** Returns whether this is a serving signature, callable by name from Python and TF Serving. */
  public boolean isSignature() {
    return path.startsWith(SIGNATURES);
  }

  /** The last part of the path: the signature's key or the method's name. */
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
