package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;

/**
 * Holds back all updates of variables until every gradient is there, so that none is written while
 * a gradient still reads it, and lets them pass only if all is finite: a step that is not changes
 * no weight, no slot and no beta power.
 */
public final class UpdateGate {
  private UpdateGate() {}

  /**
   * Ops whose nodes wait for the gate.
   *
   * @param open whether updates happen
   * @param gradients that updates are made of, the last before they are applied
   */
  public static Ops of(Ops tf, Operand<TBool> open, List<Gradient> gradients) {
    List<Op> all = new ArrayList<>();
    gradients.forEach(gradient -> all.add(gradient.value()));
    Ops afterAll = tf.withControlDependencies(all);
    // The output that is not chosen is dead, and so is every node that waits for it.
    Operand<TBool> pass = afterAll.identity(tf.switchCond(open, open).outputTrue());
    return tf.withControlDependencies(List.of(pass));
  }
}
