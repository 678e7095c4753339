package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.TFloat32;

/**
 * A loss as a sum and a weight, so that sums over parts of a batch can be added before they are
 * divided by the weight of the whole.
 *
 * @param labels placeholder
 * @param sum over all that counts, scalar
 * @param weight how many count, scalar; computed from the labels, but may be fed instead: the
 *     weight of a whole whose part this is
 * @param mean {@code sum / weight}, and 0 where nothing counts; the gradient is taken of this
 */
public record LossTensors(
    Output<?> labels, Operand<TFloat32> sum, Operand<TFloat32> weight, Operand<TFloat32> mean) {}
