package dev.belay.graph.optimizer;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/** Variables of an optimizer while they are being added, with their initial values. */
final class Slots {
  private final Ops tf;
  private final Variables variables;
  private final List<Op> initializers = new ArrayList<>();

  Slots(Ops tf) {
    this.tf = tf;
    this.variables = new Variables(tf);
  }

  /** A slot of a variable's declared shape, zero at first. */
  GraphVariable zeros(GraphVariable of, String suffix) {
    return add(of.name() + "/" + suffix, of.spec().shape(), 0f);
  }

  /** A scalar. */
  GraphVariable scalar(String name, float initial) {
    return add(name, Shape.scalar(), initial);
  }

  Updates with(List<Op> updates) {
    return new Updates(variables, List.copyOf(initializers), List.copyOf(updates));
  }

  private GraphVariable add(String name, Shape shape, float initial) {
    GraphVariable slot = variables.create(new VariableSpec(name, DataType.DT_FLOAT, shape, false));
    initializers.add(
        tf.assignVariableOp(
            slot.handle(), tf.fill(tf.constant(shape.asArray()), tf.constant(initial))));
    return slot;
  }

  /** The value of a slot at the start of the step. */
  static Operand<TFloat32> value(GraphVariable slot) {
    return slot.value().expect(TFloat32.class);
  }
}
