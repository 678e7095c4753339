package dev.belay.graph.layer;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.VariableSpec.Units;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/**
 * Declares the weights of layers, float32, each under its full name. What is not restored from a
 * file begins as BERT's and GPT-2's weights do: kernels and tables from a truncated normal, biases
 * at 0, gains at 1.
 */
public final class Parameters {
  private final Ops tf;
  private final Beginning beginning;
  private final Predicate<VariableSpec> trains;
  private final Variables variables;
  private final List<Operation> initializers;
  private final String prefix;

  /**
   * Where weights that no file holds begin.
   *
   * @param isFresh names of those weights
   * @param deviation of the truncated normal, cut at two of it
   * @param seed that they are drawn by, together with their order
   */
  public record Beginning(Predicate<String> isFresh, double deviation, long seed) {}

  /**
   * None yet.
   *
   * @param tf where nodes go; it must carry no control dependency
   * @param trains which of them train
   */
  public Parameters(Ops tf, Beginning beginning, Predicate<VariableSpec> trains) {
    this(tf, beginning, trains, new Variables(tf), new ArrayList<>(), "");
  }

  private Parameters(
      Ops tf,
      Beginning beginning,
      Predicate<VariableSpec> trains,
      Variables variables,
      List<Operation> initializers,
      String prefix) {
    this.tf = tf;
    this.beginning = beginning;
    this.trains = trains;
    this.variables = variables;
    this.initializers = initializers;
    this.prefix = prefix;
  }

  /** The same set, where new names begin with {@code name} and a dot; an empty name adds none. */
  public Parameters within(String name) {
    String inner = name.isEmpty() ? prefix : prefix + name + ".";
    return new Parameters(tf, beginning, trains, variables, initializers, inner);
  }

  /** The same set, where fresh kernels and tables are drawn with another deviation. */
  public Parameters deviating(double deviation) {
    Beginning other = new Beginning(beginning.isFresh(), deviation, beginning.seed());
    return new Parameters(tf, other, trains, variables, initializers, prefix);
  }

  /** Of fresh kernels and tables. */
  public double deviation() {
    return beginning.deviation();
  }

  /** A kernel, [out, in]: each row makes one number of the output. */
  public Operand<TFloat32> kernel(String name, long out, long in) {
    return drawn(name, Units.ROWS, out, in);
  }

  /** A kernel the other way round, [in, out], as GPT-2 keeps its own. */
  public Operand<TFloat32> transposedKernel(String name, long in, long out) {
    return drawn(name, Units.COLUMNS, in, out);
  }

  /** A table to look up rows in, [rows, columns]. */
  public Operand<TFloat32> table(String name, long rows, long columns) {
    return drawn(name, Units.COLUMNS, rows, columns);
  }

  /** What is added, [size]. */
  public Operand<TFloat32> bias(String name, long size) {
    return filled(name, size, 0f);
  }

  /** What is multiplied by, [size]. */
  public Operand<TFloat32> gain(String name, long size) {
    return filled(name, size, 1f);
  }

  /** All of them, in the order they were declared. */
  public Variables variables() {
    return variables;
  }

  /** Give those that no file holds their first values. */
  public List<Operation> initializers() {
    return List.copyOf(initializers);
  }

  private Operand<TFloat32> drawn(String name, Units units, long... sizes) {
    GraphVariable variable = declare(name, units, sizes);
    if (beginning.isFresh().test(variable.name())) {
      long order = variables.all().size();
      Operand<TFloat32> numbers =
          tf.random.statelessTruncatedNormal(
              tf.constant(sizes),
              tf.constant(new long[] {beginning.seed(), order}),
              TFloat32.class);
      begin(variable, tf.math.mul(numbers, tf.constant((float) beginning.deviation())));
    }
    return variable.value().expect(TFloat32.class);
  }

  private Operand<TFloat32> filled(String name, long size, float value) {
    GraphVariable variable = declare(name, Units.COLUMNS, size);
    if (beginning.isFresh().test(variable.name())) {
      begin(variable, tf.fill(tf.constant(new long[] {size}), tf.constant(value)));
    }
    return variable.value().expect(TFloat32.class);
  }

  private GraphVariable declare(String name, Units units, long... sizes) {
    VariableSpec spec =
        new VariableSpec(prefix + name, DataType.DT_FLOAT, Shape.of(sizes), true, units);
    return variables.create(spec.withTrainable(trains.test(spec)));
  }

  private void begin(GraphVariable variable, Operand<TFloat32> value) {
    initializers.add(tf.assignVariableOp(variable.handle(), value).op());
  }
}
