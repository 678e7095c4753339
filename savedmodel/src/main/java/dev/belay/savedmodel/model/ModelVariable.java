package dev.belay.savedmodel.model;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * A variable of a SavedModel.
 *
 * @param id node id in the object graph; in a TF1-style model, the position among its variables
 * @param name the variable's name as Python shows it, without ":0"; not always unique in TF2
 * @param dtype element type
 * @param shape fully defined shape of this variable (of the part, if it is a partition)
 * @param trainable whether the model's author meant it to train: the variable's own flag and, where
 *     Keras recorded it, membership of {@code root.trainable_variables}
 * @param checkpointKey the key under which the model's checkpoint holds it; a partition's key is
 *     that of the whole, see {@link dev.belay.savedmodel.bundle}
 */
public record ModelVariable(
    int id, String name, DataType dtype, Shape shape, boolean trainable, String checkpointKey) {}
