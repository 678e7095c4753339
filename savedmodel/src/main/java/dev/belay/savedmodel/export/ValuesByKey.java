package dev.belay.savedmodel.export;

import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Values of a model's variables under the keys of its checkpoint. The partitions of a variable have
 * one key: they are inserted into the whole when it is read, and a partition without a new value
 * keeps its old one.
 */
final class ValuesByKey implements NamedTensors {
  private final SavedModelContents model;
  private final NamedTensors values;
  private final Map<String, List<Part>> parts = new LinkedHashMap<>();

  /** A variable's value by name, with its position in the whole under its key. */
  private record Part(String name, Optional<TensorSlice> slice) {}

  /**
   * Values under their keys.
   *
   * @param names of the values, for each variable that has one
   * @throws IllegalArgumentException if two variables that are no partitions have one key
   */
  ValuesByKey(SavedModelContents model, Map<ModelVariable, String> names, NamedTensors values) {
    this.model = model;
    this.values = values;
    names.forEach(
        (variable, name) ->
            parts
                .computeIfAbsent(variable.checkpointKey(), key -> new ArrayList<>())
                .add(new Part(name, model.slice(variable))));
    parts.forEach(
        (key, ofKey) -> {
          if (ofKey.size() > 1 && ofKey.stream().anyMatch(part -> part.slice().isEmpty())) {
            throw new IllegalArgumentException(
                "two values for checkpoint key '" + key + "' of " + model.directory());
          }
        });
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(parts.keySet());
  }

  @Override
  public TensorSpec spec(String key) {
    return isPartitioned(key) ? checkpoint().spec(key) : values.spec(name(key));
  }

  @Override
  public ByteBuffer read(String key) throws IOException {
    return isPartitioned(key) ? joined(key) : values.read(name(key));
  }

  @Override
  public TensorPieces pieces(String key) {
    return isPartitioned(key) ? NamedTensors.super.pieces(key) : values.pieces(name(key));
  }

  /** Always fails: variables hold numbers. */
  @Override
  public List<byte[]> readStrings(String key) {
    throw new IllegalArgumentException("tensor '" + key + "' is " + spec(key));
  }

  private boolean isPartitioned(String key) {
    return parts(key).get(0).slice().isPresent();
  }

  private String name(String key) {
    return parts(key).get(0).name();
  }

  private List<Part> parts(String key) {
    List<Part> found = parts.get(key);
    if (found == null) {
      throw new IllegalArgumentException("no value for checkpoint key '" + key + "'");
    }
    return found;
  }

  private ByteBuffer joined(String key) throws IOException {
    TensorSpec spec = checkpoint().spec(key);
    ByteBuffer before = checkpoint().read(key);
    ByteBuffer whole =
        ByteBuffer.allocate(before.remaining()).order(ByteOrder.LITTLE_ENDIAN).put(before).flip();
    for (Part part : parts(key)) {
      part.slice().orElseThrow().pasteInto(spec, values.read(part.name()), whole);
    }
    return whole;
  }

  private BundleContents checkpoint() {
    return model.checkpoint().orElseThrow();
  }
}
