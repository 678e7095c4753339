package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Tensor;

/**
 * Owns the values that variables had at one moment, in TensorFlow's memory; close it to free them.
 * Values are read from that memory, not from a copy: they must not be used after the snapshot is
 * closed. Any thread may read it.
 */
public final class VariableSnapshot implements NamedTensors, AutoCloseable {
  private final List<Part> parts;
  private final Map<String, Value> values = new LinkedHashMap<>();

  VariableSnapshot(List<Part> parts) {
    this.parts = List.copyOf(parts);
    for (Part part : parts) {
      for (int i = 0; i < part.variables().size(); i++) {
        GraphVariable variable = part.variables().get(i);
        Value value = new Value(TensorSpecs.of(variable), part.values().get(i));
        if (values.put(variable.name(), value) != null) {
          throw new IllegalArgumentException("two variables are named " + variable.name());
        }
      }
    }
  }

  /** Variables with their values, in the same order. */
  record Part(List<GraphVariable> variables, FetchedTensors values) {}

  private record Value(TensorSpec spec, Tensor tensor) {}

  /** Bytes of all values. */
  public long bytes() {
    return values.values().stream().mapToLong(value -> value.spec().bytes()).sum();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(values.keySet());
  }

  @Override
  public TensorSpec spec(String name) {
    return value(name).spec();
  }

  @Override
  public ByteBuffer read(String name) {
    return NativeTensors.view(value(name).tensor());
  }

  /** Always fails: variables hold numbers. */
  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException("tensor '" + name + "' is " + spec(name));
  }

  private Value value(String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no variable '" + name + "'");
    }
    return value;
  }

  @Override
  public void close() {
    parts.forEach(part -> part.values().close());
  }
}
