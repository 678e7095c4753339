package dev.belay.train.step;

import java.util.List;
import java.util.Optional;

/**
 * The first op of a step whose result is not finite although all that it reads is.
 *
 * @param operation name of the node
 * @param type of the op
 * @param layer its layer in the model
 * @param backward whether it belongs to the way back from the loss
 * @param variable the variable that the op reads, where it is that variable's value that is not
 *     finite
 * @param nearestVariable the closest one that the op is computed from
 * @param gradients variables whose gradient is not finite, in the order in which they go wrong
 * @param output its result
 * @param inputs its floating-point inputs
 */
public record NonFinite(
    String operation,
    String type,
    String layer,
    boolean backward,
    Optional<String> variable,
    Optional<String> nearestVariable,
    List<String> gradients,
    TensorRange output,
    List<TensorRange> inputs) {}
