package dev.belay.graph.constraint;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Constraint on a weight, restored after every update. One class for each formula. */
public interface Constraint {
  /** The projection of a weight onto the constraint, of the same shape. */
  Operand<TFloat32> project(Ops tf, Operand<TFloat32> weight);
}
