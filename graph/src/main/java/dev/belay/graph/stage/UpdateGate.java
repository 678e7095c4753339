package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.types.TBool;

/**
 * Delays all updates of variables until every gradient is computed, so that no variable is written
 * while a gradient still reads it, and makes them only if everything is finite: any other step
 * changes no weight, no slot and no beta power.
 *
 * @param decided runs when every gradient is computed and the outcome is known
 * @param pass runs if all is finite
 * @param fail runs if not
 */
public record UpdateGate(Op decided, Op pass, Op fail) {

  /**
   * A gate.
   *
   * @param finite whether updates are made
   * @param gradients gradients that the updates use
   */
  public static UpdateGate of(Ops tf, Operand<TBool> finite, List<Gradient> gradients) {
    List<Op> all = new ArrayList<>();
    gradients.forEach(gradient -> all.add(gradient.value()));
    Ops afterAll = tf.withControlDependencies(all);
    // The output that is not chosen is dead, and so is every node that waits for it.
    SwitchCond<TBool> choice = tf.switchCond(finite, finite);
    return new UpdateGate(
        afterAll.identity(finite),
        afterAll.identity(choice.outputTrue()),
        afterAll.identity(choice.outputFalse()));
  }

  /** The scope for nodes that run if everything is finite. */
  public Ops open(Ops tf) {
    return tf.withControlDependencies(List.of(pass));
  }

  /** The scope for nodes that run otherwise, after given ops. */
  public Ops closed(Ops tf, Operation after) {
    return tf.withControlDependencyOps(List.of(fail.op(), after));
  }
}
