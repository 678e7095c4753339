package dev.belay.train.adapter;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Weights of a checkpoint or an adapter, and those of the base model for the names that it lacks.
 *
 * @param upper weights that are taken where both have them
 * @param base weights of the model
 */
public record LayeredWeights(NamedTensors upper, NamedTensors base) implements NamedTensors {

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(base.names());
    names.addAll(upper.names());
    return names;
  }

  @Override
  public TensorSpec spec(String name) {
    return of(name).spec(name);
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return of(name).read(name);
  }

  @Override
  public TensorPieces pieces(String name) {
    return of(name).pieces(name);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return of(name).readStrings(name);
  }

  private NamedTensors of(String name) {
    return upper.names().contains(name) ? upper : base;
  }
}
