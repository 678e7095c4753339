package dev.belay.graph.constraint;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** A condition on a weight that holds again after every update. One class for each formula. */
public interface Constraint {
  /** The nearest weight in the sense of the constraint, of the same shape. */
  Operand<TFloat32> project(Ops tf, Operand<TFloat32> weight);
}
