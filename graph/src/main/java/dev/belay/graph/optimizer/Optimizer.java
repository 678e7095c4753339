package dev.belay.graph.optimizer;

import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/** Updates variables from gradients. One class for each rule. */
public interface Optimizer {
  /**
   * Adds slots and updates to the graph.
   *
   * @param tf scope for nodes that need not wait, such as constants and reads of slots
   * @param request the variables to update, and their dependencies
   * @return the ops that change variables and slots by one step
   */
  List<Op> build(Ops tf, UpdateRequest request);

  /**
   * The rate of the decay that is all an update does to a row of a table whose gradient and slots
   * are 0: {@code w -= w (lr rate)}, where 0 leaves it as it is.
   *
   * @param variable name of the table
   * @return empty if the update of a row depends on other rows
   */
  OptionalDouble decayOfIdleRows(String variable);
}
