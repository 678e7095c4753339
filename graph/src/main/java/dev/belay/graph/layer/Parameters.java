package dev.belay.graph.layer;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.AdapterException;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.FirstValues;
import dev.belay.graph.adapter.WeightLayout;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.HeldRows;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.VariableSpec.Units;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/**
 * Declares the weights of layers, float32, each under its full name. Weights that are not restored
 * from a file are initialized as in BERT and GPT-2: kernels and tables from a truncated normal
 * distribution, biases with 0, gains with 1.
 */
public final class Parameters {
  private final Declared declared;
  private final Initialization beginning;
  private final String prefix;

  /**
   * Initialization of weights that no file holds.
   *
   * @param isFresh names of those weights
   * @param deviation standard deviation of the normal distribution, truncated at two deviations
   * @param seed of the values, together with their order
   */
  public record Initialization(Predicate<String> isFresh, double deviation, long seed) {}

  /** State shared by all views of one set. */
  private record Declared(
      Ops tf,
      Predicate<VariableSpec> trains,
      Optional<AdapterPlan> plan,
      Map<String, HeldRows> held,
      Variables variables,
      List<Operation> initializers,
      List<AdaptedWeight> adapted) {}

  /**
   * An empty set.
   *
   * @param tf where nodes go; it must carry no control dependency
   * @param trains selects those that train
   */
  public Parameters(Ops tf, Initialization beginning, Predicate<VariableSpec> trains) {
    this(tf, beginning, trains, Optional.empty(), Map.of());
  }

  /**
   * An empty set, whose weights may get adapters.
   *
   * @param plan of the adapters, if there are any
   * @param held rows to hold of the tables of those names; of other tables, all
   */
  public Parameters(
      Ops tf,
      Initialization beginning,
      Predicate<VariableSpec> trains,
      Optional<AdapterPlan> plan,
      Map<String, HeldRows> held) {
    this(
        new Declared(
            tf, trains, plan, held, new Variables(tf), new ArrayList<>(), new ArrayList<>()),
        beginning,
        "");
  }

  private Parameters(Declared declared, Initialization beginning, String prefix) {
    this.declared = declared;
    this.beginning = beginning;
    this.prefix = prefix;
  }

  /** The same set, where new names begin with {@code name} and a dot; an empty name adds none. */
  public Parameters within(String name) {
    return new Parameters(declared, beginning, name.isEmpty() ? prefix : prefix + name + ".");
  }

  /** The same set, where the deviation of fresh kernels and tables is multiplied by a factor. */
  public Parameters deviating(double factor) {
    Initialization other =
        new Initialization(beginning.isFresh(), beginning.deviation() * factor, beginning.seed());
    return new Parameters(declared, other, prefix);
  }

  /** A kernel, [out, in]: each row makes one number of the output. */
  public Operand<TFloat32> kernel(String name, long out, long in) {
    return drawn(name, Units.ROWS, out, in);
  }

  /** A kernel of a convolution over tokens, [out, in, width]. */
  public Operand<TFloat32> convolution(String name, long out, long in, long width) {
    return drawn(name, Units.ROWS, out, in, width);
  }

  /** A transposed kernel, [in, out], as in GPT-2. */
  public Operand<TFloat32> transposedKernel(String name, long in, long out) {
    return drawn(name, Units.COLUMNS, in, out);
  }

  /** A table to look up rows in, [rows, columns]. */
  public Operand<TFloat32> table(String name, long rows, long columns) {
    return drawn(name, Units.COLUMNS, rows, columns);
  }

  /** The rows of a table that the graph holds; empty if it holds the whole one. */
  Optional<HeldRows> held(String name) {
    return Optional.ofNullable(declared.held().get(prefix + name));
  }

  /**
   * A table of positions, [rows, columns], whose fresh values are sines and cosines of the
   * positions, arXiv 1706.03762 section 3.5: {@code sin(p / 10000^(2i / columns))} in column 2i,
   * its cosine beside it.
   */
  public Operand<TFloat32> sinusoids(String name, int rows, int columns) {
    GraphVariable variable = declare(name, Units.COLUMNS, rows, columns);
    if (beginning.isFresh().test(variable.name())) {
      float[][] values = new float[rows][columns];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          int pair = column / 2;
          double angle = row / Math.pow(10_000, 2.0 * pair / columns);
          values[row][column] = (float) (column % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
        }
      }
      begin(variable, declared.tf().constant(values));
    }
    return variable.value().expect(TFloat32.class);
  }

  /** A weight that files of the model hold and nothing reads; it never trains. */
  public void kept(String name, long... sizes) {
    draw(create(spec(name, Units.COLUMNS, sizes).withTrainable(false)));
  }

  /** A constant that files of the model hold, 0 if they do not; it never trains. */
  public Operand<TFloat32> constant(String name, long... sizes) {
    GraphVariable variable = create(spec(name, Units.COLUMNS, sizes).withTrainable(false));
    if (beginning.isFresh().test(variable.name())) {
      begin(
          variable, declared.tf().fill(declared.tf().constant(sizes), declared.tf().constant(0f)));
    }
    return variable.value().expect(TFloat32.class);
  }

  /** A bias, [size]. */
  public Operand<TFloat32> bias(String name, long size) {
    return filled(name, size, 0f);
  }

  /** A gain, [size]. */
  public Operand<TFloat32> gain(String name, long size) {
    return filled(name, size, 1f);
  }

  /**
   * Declares the adapter of a kernel that was declared before, if it gets one.
   *
   * @param outFirst whether the kernel is [out, in]
   */
  Optional<LowRank> adapter(String name, long in, long out, boolean outFirst) {
    String weight = prefix + name;
    Optional<AdapterPlan> plan =
        declared.plan().filter(adapters -> adapters.targets().takes(weight));
    if (plan.isEmpty()) {
      return Optional.empty();
    }
    if (declared.variables().get(weight).spec().trainable()) {
      throw AdapterException.trains(weight);
    }
    AdapterPlan.Rank rank = plan.get().ranks().apply(weight);
    AdaptedWeight adapted = AdaptedWeight.of(weight, rank, WeightLayout.matrix(in, out, outFirst));
    GraphVariable a = create(adapted.specOfA());
    GraphVariable b = create(adapted.specOfB());
    int order = declared.adapted().size();
    declared
        .initializers()
        .addAll(
            FirstValues.of(
                declared.tf(), adapted, a, b, new FirstValues.Draw(plan.get().seed(), order)));
    declared.adapted().add(adapted);
    return Optional.of(
        new LowRank(
            a.value().expect(TFloat32.class),
            b.value().expect(TFloat32.class),
            (float) rank.scale(),
            plan.get().dropout()));
  }

  /**
   * The weights that got an adapter.
   *
   * @throws AdapterException if one that was selected by its name is not read by a product
   */
  public List<AdaptedWeight> adapted() {
    if (declared.plan().isPresent()) {
      List<String> names = declared.adapted().stream().map(AdaptedWeight::weight).toList();
      for (GraphVariable variable : declared.variables()) {
        boolean matrix = variable.spec().shape().numDimensions() > 1;
        boolean wanted = declared.plan().get().targets().requires(variable.name());
        if (matrix && wanted && !names.contains(variable.name()) && !isAdapter(variable)) {
          throw AdapterException.unable(
              variable.name(), "a table in which rows are looked up, not a factor of a product");
        }
      }
    }
    if (declared.plan().isPresent() && declared.adapted().isEmpty()) {
      throw AdapterException.none(
          declared.variables().all().stream().map(GraphVariable::name).toList());
    }
    return List.copyOf(declared.adapted());
  }

  private boolean isAdapter(GraphVariable variable) {
    return declared.adapted().stream()
        .anyMatch(one -> List.of(one.a(), one.b()).contains(variable.name()));
  }

  /** All of them, in the order they were declared. */
  public Variables variables() {
    return declared.variables();
  }

  /** The ops that initialize the weights that no file holds. */
  public List<Operation> initializers() {
    return List.copyOf(declared.initializers());
  }

  private Operand<TFloat32> drawn(String name, Units units, long... sizes) {
    GraphVariable variable = declare(name, units, sizes);
    draw(variable);
    return variable.value().expect(TFloat32.class);
  }

  private void draw(GraphVariable variable) {
    if (beginning.isFresh().test(variable.name())) {
      long order = declared.variables().all().size();
      Operand<TFloat32> numbers =
          declared
              .tf()
              .random
              .statelessTruncatedNormal(
                  declared.tf().constant(variable.spec().shape().asArray()),
                  declared.tf().constant(new long[] {beginning.seed(), order}),
                  TFloat32.class);
      begin(
          variable,
          declared.tf().math.mul(numbers, declared.tf().constant((float) beginning.deviation())));
    }
  }

  private Operand<TFloat32> filled(String name, long size, float value) {
    GraphVariable variable = declare(name, Units.COLUMNS, size);
    if (beginning.isFresh().test(variable.name())) {
      begin(
          variable,
          declared
              .tf()
              .fill(declared.tf().constant(new long[] {size}), declared.tf().constant(value)));
    }
    return variable.value().expect(TFloat32.class);
  }

  private GraphVariable declare(String name, Units units, long... sizes) {
    VariableSpec spec = spec(name, units, sizes);
    return create(spec.withTrainable(trains(spec)));
  }

  private boolean trains(VariableSpec spec) {
    List<String> adapted = declared.adapted().stream().map(AdaptedWeight::weight).toList();
    return declared.trains().test(spec)
        || declared.plan().map(plan -> plan.biases().train(spec.name(), adapted)).orElse(false);
  }

  private VariableSpec spec(String name, Units units, long... sizes) {
    VariableSpec whole =
        new VariableSpec(prefix + name, DataType.DT_FLOAT, Shape.of(sizes), true, units);
    return held(name).map(whole::holding).orElse(whole);
  }

  private GraphVariable create(VariableSpec spec) {
    return declared.variables().create(spec);
  }

  private void begin(GraphVariable variable, Operand<TFloat32> value) {
    declared.initializers().add(declared.tf().assignVariableOp(variable.handle(), value).op());
  }
}
