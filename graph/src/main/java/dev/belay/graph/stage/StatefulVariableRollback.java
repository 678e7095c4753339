package dev.belay.graph.stage;

import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Restores variables that a training call itself changes, such as moving averages and counters.
 * They change in the forward pass, before it is known whether the update is made. So each has a
 * copy of its value after the last update that was made, which is restored after one that is not
 * made.
 *
 * <p>The copies must be taken again after the variables were assigned from outside.
 */
public final class StatefulVariableRollback {
  private static final Set<String> READS =
      Set.of(
          "ReadVariableOp",
          "ResourceGather",
          "ResourceGatherNd",
          "VariableShape",
          "VarIsInitializedOp",
          "Identity",
          "IdentityN");

  private final List<Kept> kept;

  /** A variable and its copy. */
  private record Kept(GraphVariable variable, GraphVariable copy) {}

  private StatefulVariableRollback(List<Kept> kept) {
    this.kept = kept;
  }

  /**
   * Adds copies to the graph.
   *
   * @param candidates the model's variables that do not train
   * @param updates ops that run with the call for their side effects
   */
  public static StatefulVariableRollback of(
      Ops tf, List<GraphVariable> candidates, List<Operation> updates) {
    Set<String> written = written(updates);
    Variables copies = new Variables(tf.withSubScope("call_state"));
    List<Kept> kept = new ArrayList<>();
    for (GraphVariable variable : candidates) {
      if (written.contains(variable.handle().op().name())) {
        VariableSpec spec = variable.spec();
        kept.add(
            new Kept(
                variable,
                copies.create(new VariableSpec(spec.name(), spec.dtype(), spec.shape(), false))));
      }
    }
    return new StatefulVariableRollback(kept);
  }

  /** Names of the variables that the call changes. */
  public List<String> names() {
    return kept.stream().map(state -> state.variable().name()).toList();
  }

  /**
   * Keeps the new values or restores the old ones.
   *
   * @param changed ops that must have run before the new values are read
   */
  public List<Operation> settle(Ops tf, UpdateGate gate, List<Operation> changed) {
    List<Operation> all = new ArrayList<>();
    Ops afterChange = tf.withControlDependencyOps(changed);
    for (Kept state : kept) {
      Output<?> now = read(afterChange, state.variable());
      all.add(assign(gate.open(tf), state.copy(), now));
      Ops back = gate.closed(tf, now.op());
      all.add(assign(back, state.variable(), read(back, state.copy())));
    }
    return all;
  }

  /** Takes the copies again; empty if the call changes nothing. */
  public Optional<Operation> copy(Ops tf) {
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    List<Operation> all = new ArrayList<>();
    kept.forEach(state -> all.add(assign(tf, state.copy(), read(tf, state.variable()))));
    return Optional.of(tf.withControlDependencyOps(all).noOp().op());
  }

  private static Output<?> read(Ops tf, GraphVariable variable) {
    return tf.scope()
        .opBuilder("ReadVariableOp", "ReadVariableOp")
        .addInput(variable.handle())
        .setAttr("dtype", variable.spec().dtype())
        .build()
        .output(0);
  }

  private static Operation assign(Ops tf, GraphVariable variable, Output<?> value) {
    return tf.scope()
        .opBuilder("AssignVariableOp", "AssignVariableOp")
        .addInput(variable.handle())
        .addInput(value)
        .setAttr("dtype", variable.spec().dtype())
        .build();
  }

  /** Handles that a node upstream of the updates may write. */
  private static Set<String> written(List<Operation> updates) {
    Set<String> written = new HashSet<>();
    List<GraphOperation> roots = updates.stream().map(GraphOperation.class::cast).toList();
    for (GraphOperation operation : Reachable.from(roots, StatefulVariableRollback::before)) {
      if (!READS.contains(operation.type())) {
        Operations.inputs(operation).forEach(input -> written.add(source(input).op().name()));
      }
    }
    return written;
  }

  /** The operations that an operation reads or waits for. */
  private static List<GraphOperation> before(GraphOperation operation) {
    List<GraphOperation> before = new ArrayList<>(Operations.sources(operation));
    before.addAll(operation.controlInputs());
    return before;
  }

  /** A handle may have passed through identities. */
  private static Output<?> source(Output<?> tensor) {
    Output<?> at = tensor;
    while (((GraphOperation) at.op()).type().equals("Identity")) {
      at = ((GraphOperation) at.op()).input(0);
    }
    return at;
  }
}
