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
 * Holds back all updates of variables until every gradient is there, so that none is written while
 * a gradient still reads it, and lets them pass only if all is finite: a step that is not changes
 * no weight, no slot and no beta power.
 *
 * @param decided runs when every gradient is there and it is known which of the two it is
 * @param pass runs if all is finite
 * @param fail runs if not
 */
public record UpdateGate(Op decided, Op pass, Op fail) {

  /**
   * A gate.
   *
   * @param finite whether updates happen
   * @param gradients that updates are made of, the last before they are applied
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

  /** Where nodes go that happen if all is finite. */
  public Ops open(Ops tf) {
    return tf.withControlDependencies(List.of(pass));
  }

  /** Where nodes go that happen if not, and after something else. */
  public Ops closed(Ops tf, Operation after) {
    return tf.withControlDependencyOps(List.of(fail.op(), after));
  }
}
