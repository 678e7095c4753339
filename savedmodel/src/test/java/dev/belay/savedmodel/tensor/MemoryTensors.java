package dev.belay.savedmodel.tensor;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tensors of a test, in memory. */
public final class MemoryTensors implements NamedTensors {
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();
  private final Map<String, ByteBuffer> elements = new LinkedHashMap<>();

  /** Adds a tensor. */
  public void put(String name, TensorSpec spec, ByteBuffer values) {
    specs.put(name, spec);
    elements.put(name, values);
  }

  @Override
  public Set<String> names() {
    return specs.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return specs.get(name);
  }

  @Override
  public ByteBuffer read(String name) {
    return elements.get(name);
  }

  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException(name);
  }
}
