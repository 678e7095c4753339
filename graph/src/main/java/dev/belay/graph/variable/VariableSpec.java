package dev.belay.graph.variable;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * What a variable is, declared before it exists in a graph.
 *
 * @param name unique in its {@link Variables}
 * @param dtype element type
 * @param shape fully defined
 * @param trainable whether an optimizer changes it
 */
public record VariableSpec(String name, DataType dtype, Shape shape, boolean trainable) {}
