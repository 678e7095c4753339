package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.train.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.util.List;
import org.tensorflow.Result;

/**
 * Owns the values that variables had at one moment, in TensorFlow's memory; close it to free them.
 * Any thread may read it.
 */
public final class VariableSnapshot implements CheckpointWriter.Values, AutoCloseable {
  private final List<Part> parts;

  VariableSnapshot(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** Variables with their values, in the same order. */
  record Part(List<GraphVariable> variables, Result values) {}

  /** Bytes of all values. */
  public long bytes() {
    return parts.stream().mapToLong(part -> TensorSpecs.bytes(part.variables())).sum();
  }

  @Override
  public void forEach(CheckpointWriter.Sink sink) throws IOException {
    for (Part part : parts) {
      for (int i = 0; i < part.variables().size(); i++) {
        GraphVariable variable = part.variables().get(i);
        sink.accept(
            variable.name(), TensorSpecs.of(variable), NativeTensors.view(part.values().get(i)));
      }
    }
  }

  @Override
  public void close() {
    parts.forEach(part -> part.values().close());
  }
}
