package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tensors of which some also have a second name.
 *
 * @param source the tensors
 * @param repeated the first name of each second one
 */
record RepeatedTensors(NamedTensors source, Map<String, String> repeated) implements NamedTensors {
  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(source.names());
    names.addAll(repeated.keySet());
    return names;
  }

  @Override
  public TensorSpec spec(String name) {
    return source.spec(repeated.getOrDefault(name, name));
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return source.read(repeated.getOrDefault(name, name));
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return source.readStrings(repeated.getOrDefault(name, name));
  }
}
