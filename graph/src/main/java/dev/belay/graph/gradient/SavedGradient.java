package dev.belay.graph.gradient;

import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.FunctionDef;

/**
 * Gap in the graph with the gradient that the model's author wrote for it ({@code
 * tf.custom_gradient}).
 *
 * @param node its name in the model
 * @param results tensors that consumers read; no gradient passes through them by itself
 * @param arguments arguments of the author's function for which it returns a gradient
 * @param captures other tensors that its gradient reads
 * @param function its gradient, held by the graph's library: gradients of the results, then the
 *     captures, to gradients of the arguments
 */
public record SavedGradient(
    String node,
    List<Output<?>> results,
    List<Output<?>> arguments,
    List<Output<?>> captures,
    FunctionDef function) {}
