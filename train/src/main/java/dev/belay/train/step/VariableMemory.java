package dev.belay.train.step;

import dev.belay.graph.replica.Replicas;
import dev.belay.graph.variable.GraphVariable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Tensor;

/**
 * The variables of a session, which its owner closes. All replicas are given the same values, so
 * the first one's are everybody's.
 */
record VariableMemory(GraphSession session, Replicas replicas) {
  /** Variables are read and set in parts of about this size. */
  private static final long PART_BYTES = 64L << 20;

  void assign(List<GraphVariable> variables, StepRunner.ValueSource values) throws IOException {
    for (List<GraphVariable> part : parts(variables)) {
      try (Feeds feeds = new Feeds(session.runner())) {
        for (GraphVariable variable : part) {
          Tensor value =
              NativeTensors.of(
                  variable.spec().dtype(), variable.spec().shape(), values.value(variable));
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

  /** Values as they are now, held by TensorFlow. */
  VariableSnapshot snapshot(List<GraphVariable> variables) {
    List<VariableSnapshot.Part> held = new ArrayList<>();
    try {
      for (List<GraphVariable> part : parts(variables)) {
        GraphRun runner = session.runner();
        part.forEach(variable -> runner.fetch(variable.value()));
        held.add(new VariableSnapshot.Part(part, runner.run()));
      }
      return new VariableSnapshot(held);
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
}
