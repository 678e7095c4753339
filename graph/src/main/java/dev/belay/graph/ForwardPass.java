package dev.belay.graph;

import dev.belay.graph.forward.ForwardCall;
import org.tensorflow.Output;

/**
 * A call of a model and the tensor of it that matters.
 *
 * @param call whose placeholders are fed and whose updates run
 * @param output logits, probabilities or predictions; or features, if a head reads them
 */
public record ForwardPass(ForwardCall call, Output<?> output) {}
