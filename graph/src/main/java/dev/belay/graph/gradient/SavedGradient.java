package dev.belay.graph.gradient;

import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.FunctionDef;

/**
 * A gap in the graph with the gradient that the model's author wrote for it ({@code
 * tf.custom_gradient}).
 *
 * @param node the name that the model gave it
 * @param results what consumers read; no gradient passes through them by itself
 * @param arguments those the author's function was called with that it gives a gradient of
 * @param captures what its gradient also reads
 * @param function its gradient, held by the graph's library: gradients of the results, then the
 *     captures, to gradients of the arguments
 */
public record SavedGradient(
    String node,
    List<Output<?>> results,
    List<Output<?>> arguments,
    List<Output<?>> captures,
    FunctionDef function) {}
