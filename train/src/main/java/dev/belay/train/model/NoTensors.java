package dev.belay.train.model;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/** The weights of a model that has none yet. */
final class NoTensors implements NamedTensors {
  @Override
  public Set<String> names() {
    return Set.of();
  }

  @Override
  public TensorSpec spec(String name) {
    throw new IllegalArgumentException("no tensor '" + name + "'");
  }

  @Override
  public ByteBuffer read(String name) {
    throw new IllegalArgumentException("no tensor '" + name + "'");
  }

  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException("no tensor '" + name + "'");
  }
}
