package dev.belay.graph.variable;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/**
 * State that a training step keeps between updates, with its first values: the optimizer's slots,
 * the history of a clip, the loss scale. All of it is float32 and part of a checkpoint. Views of it
 * add a prefix to the names of their variables.
 */
public final class Slots {
  private final Ops tf;
  private final Variables variables;
  private final List<Op> initializers;
  private final String prefix;

  /**
   * An empty set.
   *
   * @param tf scope for new nodes; it must carry no control dependency
   */
  public Slots(Ops tf) {
    this(tf, new Variables(tf), new ArrayList<>(), "");
  }

  private Slots(Ops tf, Variables variables, List<Op> initializers, String prefix) {
    this.tf = tf;
    this.variables = variables;
    this.initializers = initializers;
    this.prefix = prefix;
  }

  /** The same slots, where new ones get names that begin with {@code name/}. */
  public Slots within(String name) {
    return new Slots(tf, variables, initializers, prefix + name + "/");
  }

  /** A slot of a variable's declared shape, zero at first, with the same rows of a table. */
  public GraphVariable zeros(GraphVariable of, String suffix) {
    VariableSpec spec = of.spec();
    return add(
        new VariableSpec(
            prefix + of.name() + "/" + suffix,
            DataType.DT_FLOAT,
            spec.shape(),
            false,
            VariableSpec.Units.COLUMNS,
            spec.rows()),
        0f);
  }

  /** A slot of any shape, zero at first. */
  public GraphVariable zeros(String name, Shape shape) {
    return add(name, shape, 0f);
  }

  /** A scalar. */
  public GraphVariable scalar(String name, float initial) {
    return add(name, Shape.scalar(), initial);
  }

  /** All slots, in the order of their creation. */
  public Variables variables() {
    return variables;
  }

  /** The ops that initialize them. */
  public List<Op> initializers() {
    return List.copyOf(initializers);
  }

  private GraphVariable add(String name, Shape shape, float initial) {
    return add(new VariableSpec(prefix + name, DataType.DT_FLOAT, shape, false), initial);
  }

  private GraphVariable add(VariableSpec spec, float initial) {
    GraphVariable slot = variables.create(spec);
    initializers.add(
        tf.assignVariableOp(
            slot.handle(), tf.fill(tf.constant(spec.shape().asArray()), tf.constant(initial))));
    return slot;
  }

  /** The value of a slot at the start of the step. */
  public static Operand<TFloat32> value(GraphVariable slot) {
    return slot.value().expect(TFloat32.class);
  }
}
