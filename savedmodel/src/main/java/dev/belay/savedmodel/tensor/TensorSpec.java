package dev.belay.savedmodel.tensor;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * What a tensor is, without its values.
 *
 * @param dtype the element type
 * @param shape the fully defined shape
 */
public record TensorSpec(DataType dtype, Shape shape) {}
