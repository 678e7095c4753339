package dev.belay.train.step;

import dev.belay.graph.replica.Replicas;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.event.VariableNorm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Tensor;

/**
 * The variables of a session, which its owner closes. All replicas are given the same values, so
 * the first one's are everybody's. It owns the rows of tables that the session does not hold:
 * values that are set and read are those of whole tables. Close it after the last update.
 */
final class VariableMemory implements AutoCloseable {
  /** Variables are read and set in parts of about this size. */
  private static final long PART_BYTES = 64L << 20;

  private final GraphSession session;
  private final Replicas replicas;
  private final Map<String, Double> decays;
  private final Map<String, IdleRows> tables = new LinkedHashMap<>();

  /**
   * The variables of a session.
   *
   * @param decays of tables of which the session holds some rows, by name; slots of their other
   *     rows are 0
   */
  VariableMemory(GraphSession session, Replicas replicas, Map<String, Double> decays) {
    this.session = session;
    this.replicas = replicas;
    this.decays = Map.copyOf(decays);
  }

  void assign(List<GraphVariable> variables, StepRunner.ValueSource values) throws IOException {
    for (List<GraphVariable> part : parts(variables)) {
      try (Feeds feeds = new Feeds(session.runner())) {
        for (GraphVariable variable : part) {
          Tensor value = value(variable, values.value(variable));
          feeds.put(variable.newValue(), value);
          feeds.runner().addTarget(variable.assign());
          for (int i = 1; i < replicas.count(); i++) {
            feeds.runner().feed(replicas.in(i, variable.newValue()), value);
            feeds.runner().addTarget(replicas.in(i, variable.assign()));
          }
        }
        feeds.runner().run().close();
      }
    }
  }

  /** The value that the session holds, of a whole one. */
  private Tensor value(GraphVariable variable, TensorPieces pieces) throws IOException {
    VariableSpec spec = variable.spec();
    Tensor whole = NativeTensors.of(spec.dtype(), spec.storedShape(), pieces);
    Optional<HeldTable> table = HeldTable.of(spec);
    if (table.isEmpty()) {
      return whole;
    }
    Double rate = decays.get(variable.name());
    if (rate == null) {
      try (whole) {
        table.get().requireIdle(whole, variable.name());
        return table.get().held(whole, spec);
      }
    }
    tables.computeIfAbsent(variable.name(), name -> new IdleRows(table.get(), rate)).set(whole);
    return table.get().held(whole, spec);
  }

  /**
   * Does to the rows that the session does not hold what an update did to the others.
   *
   * @return the result with the norms of whole tables
   */
  StepResult follow(StepResult result, double learningRate) {
    if (tables.isEmpty()) {
      return result;
    }
    List<VariableNorm> norms =
        result.variableNorms().stream()
            .map(norm -> ofWhole(norm, result.applied() ? learningRate : 0))
            .toList();
    if (result.applied()) {
      tables.values().forEach(table -> table.decay(learningRate));
    }
    return result.withVariableNorms(norms);
  }

  private VariableNorm ofWhole(VariableNorm norm, double learningRate) {
    IdleRows table = tables.get(norm.name());
    return table == null
        ? norm
        : new VariableNorm(
            norm.name(),
            norm.gradient(),
            (float) Math.hypot(norm.weight(), table.norm()),
            (float) Math.hypot(norm.update(), table.share(learningRate) * table.norm()));
  }

  /** Values as they are now, held by TensorFlow. */
  VariableSnapshot snapshot(List<GraphVariable> variables) {
    List<VariableSnapshot.Part> held = new ArrayList<>();
    try {
      for (List<GraphVariable> part : parts(variables)) {
        GraphRun runner = session.runner();
        part.forEach(variable -> runner.fetch(variable.value()));
        held.add(new VariableSnapshot.Part(part, runner.run()));
      }
      return new VariableSnapshot(held, tables);
    } catch (Throwable e) {
      held.forEach(part -> part.values().close());
      throw e;
    }
  }

  /** A run costs some milliseconds whatever it does, and holds all its values at once. */
  private static List<List<GraphVariable>> parts(List<GraphVariable> variables) {
    List<List<GraphVariable>> parts = new ArrayList<>();
    long bytes = PART_BYTES;
    for (GraphVariable variable : variables) {
      if (bytes >= PART_BYTES) {
        parts.add(new ArrayList<>());
        bytes = 0;
      }
      parts.get(parts.size() - 1).add(variable);
      bytes += TensorSpecs.of(variable).bytes();
    }
    return parts;
  }

  @Override
  public void close() {
    tables.values().forEach(IdleRows::close);
  }
}
