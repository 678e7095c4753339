package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Tensor;

/**
 * Owns the values that variables had at one moment, in TensorFlow's memory; close it to free them.
 * Values are read from that memory, not from a copy: they must not be used after the snapshot is
 * closed. Any thread may read it. A table of which the session holds some rows alone is put
 * together when it is read.
 */
public final class VariableSnapshot implements NamedTensors, AutoCloseable {
  private final List<Part> parts;
  private final Map<String, Value> values = new LinkedHashMap<>();
  private final List<IdleRows.View> views = new ArrayList<>();

  /**
   * A snapshot.
   *
   * @param tables the rows that the session does not hold of tables of weights, by name
   */
  VariableSnapshot(List<Part> parts, Map<String, IdleRows> tables) {
    this.parts = List.copyOf(parts);
    for (Part part : parts) {
      for (int i = 0; i < part.variables().size(); i++) {
        GraphVariable variable = part.variables().get(i);
        Value value =
            new Value(
                TensorSpecs.of(variable),
                part.values().get(i),
                HeldTable.of(variable.spec()),
                idle(tables.get(variable.name())));
        if (values.put(variable.name(), value) != null) {
          throw new IllegalArgumentException("two variables are named " + variable.name());
        }
      }
    }
  }

  /** Slots of rows that the session does not hold are 0. */
  private HeldTable.Idle idle(IdleRows table) {
    if (table == null) {
      return (first, rows) -> {};
    }
    IdleRows.View view = table.view();
    views.add(view);
    return view;
  }

  /** Variables with their values, in the same order. */
  record Part(List<GraphVariable> variables, FetchedTensors values) {}

  /**
   * A value.
   *
   * @param tensor of the session
   * @param table of which the tensor has some rows; empty if it has all of the value
   * @param idle the other rows
   */
  private record Value(
      TensorSpec spec, Tensor tensor, Optional<HeldTable> table, HeldTable.Idle idle) {}

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
  public ByteBuffer read(String name) throws IOException {
    Value value = value(name);
    ByteBuffer held = NativeTensors.view(value.tensor());
    return value.table().isPresent() ? value.table().get().read(held, value.idle()) : held;
  }

  @Override
  public TensorPieces pieces(String name) {
    Value value = value(name);
    return value.table().isPresent()
        ? value.table().get().whole(NativeTensors.view(value.tensor()), value.idle())
        : NamedTensors.super.pieces(name);
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
    views.forEach(IdleRows.View::close);
  }
}
