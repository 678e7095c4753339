package dev.belay.graph.forward;

import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.HandGradients;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.recompute.Recomputation;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.variable.HeldRows;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** Builds a model from layers: one set of weights, with a training pass and an evaluation pass. */
public final class LayeredForward {
  /** The pass with dropout. */
  public static final String TRAINING = "training";

  /** The pass without dropout. */
  public static final String EVALUATION = "evaluation";

  private static final long FIRST_SITE = 1_000;

  private LayeredForward() {}

  /**
   * Options for building a layered model.
   *
   * @param beginning of weights that no file holds
   * @param trains which weights train
   * @param dropout whether the training pass has dropout
   * @param adapters low-rank adapters to add, if any
   * @param training whether there is a training pass; to predict, none is needed
   * @param held rows to hold of the tables of those names; of other tables, all
   * @param recomputes whether the backward pass computes each block again
   * @param packed whether rows of the training pass hold several examples, which the attention mask
   *     numbers from 1
   */
  public record Options(
      Parameters.Initialization beginning,
      Predicate<VariableSpec> trains,
      boolean dropout,
      Optional<AdapterPlan> adapters,
      boolean training,
      Map<String, HeldRows> held,
      boolean recomputes,
      boolean packed) {

    /** Options for both passes, with adapters. */
    public Options(
        Parameters.Initialization beginning,
        Predicate<VariableSpec> trains,
        boolean dropout,
        Optional<AdapterPlan> adapters) {
      this(beginning, trains, dropout, adapters, true, Map.of(), false, false);
    }

    /** Options for both passes, without adapters. */
    public Options(
        Parameters.Initialization beginning, Predicate<VariableSpec> trains, boolean dropout) {
      this(beginning, trains, dropout, Optional.empty());
    }

    /** The same without a training pass. */
    public Options forEvaluation() {
      return new Options(beginning, trains, dropout, adapters, false, held, false, false);
    }

    /** The same, which holds some rows of the tables of those names alone. */
    public Options holding(Map<String, HeldRows> rows) {
      return new Options(beginning, trains, dropout, adapters, training, rows, recomputes, packed);
    }

    /** The same, whose backward pass computes each block again, or does not. */
    public Options recomputing(boolean again) {
      return new Options(beginning, trains, dropout, adapters, training, held, again, packed);
    }

    /** The same for rows of several examples. */
    public Options forPackedRows() {
      return new Options(beginning, trains, dropout, adapters, training, held, recomputes, true);
    }

    /** The name of the pass to train through, or of the only one. */
    public String trainedThrough() {
      return training ? TRAINING : EVALUATION;
    }
  }

  /**
   * Layers whose weights are declared.
   *
   * @param inputs placeholders by name, which both passes read
   * @param layers the layers of a pass
   */
  public record Network(Map<String, Output<?>> inputs, Layers layers) {}

  /** The forward pass through layers. */
  @FunctionalInterface
  public interface Layers {
    /** Adds the nodes of a pass and returns its outputs by name. */
    Map<String, Output<?>> through(ForwardContext pass);
  }

  /**
   * Adds the passes to a graph.
   *
   * @param network creates inputs in the given scope, and declares weights
   */
  public static ForwardModel build(
      Graph graph, Options options, BiFunction<Ops, Parameters, Network> network) {
    Ops tf = Ops.create(graph);
    Parameters parameters =
        new Parameters(
            tf.withSubScope(NodeNames.WEIGHTS),
            options.beginning(),
            options.trains(),
            options.adapters(),
            options.held());
    Network built = network.apply(tf, parameters);
    Operand<TInt64> step =
        tf.withName(NodeNames.STEP).placeholder(TInt64.class, Placeholder.shape(Shape.scalar()));
    Map<String, ForwardCall> calls = new LinkedHashMap<>();
    HandGradients hand = new HandGradients();
    Recomputation blocks = new Recomputation(trained(parameters));
    if (options.training()) {
      ForwardContext pass = training(tf, options, step).differentiated(hand);
      calls.put(
          TRAINING, call(TRAINING, options.recomputes() ? pass.recomputing(blocks) : pass, built));
    }
    ForwardContext evaluation = ForwardContext.evaluating(tf.withSubScope(EVALUATION));
    calls.put(EVALUATION, call(EVALUATION, evaluation, built));
    return new ForwardModel(
        calls,
        parameters.variables(),
        parameters.initializers(),
        Stream.concat(hand.gaps().stream(), blocks.gaps().stream()).toList(),
        Map.of(),
        Optional.of(step.asOutput()),
        parameters.adapted(),
        List.of());
  }

  private static Set<Output<?>> trained(Parameters parameters) {
    return parameters.variables().trainable().stream()
        .<Output<?>>map(variable -> variable.value().asOutput())
        .collect(Collectors.toSet());
  }

  private static ForwardContext training(Ops tf, Options options, Operand<TInt64> step) {
    Ops scope = tf.withSubScope(TRAINING);
    ForwardContext pass =
        options.dropout()
            ? ForwardContext.training(
                scope, new ForwardContext.Draws(options.beginning().seed(), step, FIRST_SITE))
            : ForwardContext.evaluating(scope);
    return options.packed() ? pass.ofPackedRows() : pass;
  }

  /** A placeholder for token ids or masks, [B, T], for any batch size and length. */
  public static Operand<TInt32> tokens(Ops tf, String name) {
    Shape open = Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE);
    return tf.withName(name).placeholder(TInt32.class, Placeholder.shape(open));
  }

  private static ForwardCall call(String name, ForwardContext pass, Network network) {
    return new ForwardCall(name, network.inputs(), network.layers().through(pass), List.of());
  }
}
