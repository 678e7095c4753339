package dev.belay.savedmodel.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Tensors of two sources; for a name that both have, the first counts. */
public record JoinedTensors(NamedTensors first, NamedTensors second) implements NamedTensors {
  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(first.names());
    names.addAll(second.names());
    return names;
  }

  @Override
  public TensorSpec spec(String name) {
    return with(name).spec(name);
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return with(name).read(name);
  }

  @Override
  public TensorPieces pieces(String name) {
    return with(name).pieces(name);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return with(name).readStrings(name);
  }

  private NamedTensors with(String name) {
    return first.names().contains(name) ? first : second;
  }
}
