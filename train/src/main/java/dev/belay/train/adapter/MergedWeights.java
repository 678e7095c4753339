package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Weights of a model whose adapters are merged: {@code W + s A B} in place of W, A and B. A sum is
 * computed when it is read, in float64, and rounded once.
 */
public final class MergedWeights implements NamedTensors {
  private final NamedTensors weights;
  private final Map<String, AdaptedWeight> adapted = new LinkedHashMap<>();
  private final Set<String> names;

  /**
   * Merges on demand.
   *
   * @param weights frozen weights and adapters, float32
   */
  public MergedWeights(NamedTensors weights, List<AdaptedWeight> adapted) {
    this.weights = weights;
    this.names = new LinkedHashSet<>(weights.names());
    for (AdaptedWeight one : adapted) {
      this.adapted.put(one.weight(), one);
      names.removeAll(List.of(one.a(), one.b()));
    }
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public TensorSpec spec(String name) {
    return weights.spec(name);
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return pieces(name).joined(spec(name).bytes());
  }

  @Override
  public TensorPieces pieces(String name) {
    AdaptedWeight one = adapted.get(name);
    return one == null ? weights.pieces(name) : sink -> merged(one).forEach(sink);
  }

  private TensorPieces merged(AdaptedWeight one) throws IOException {
    double[] update = LowRankUpdate.of(one, floats(one.a()), floats(one.b()));
    int[] at = {0};
    return sink ->
        weights
            .pieces(one.weight())
            .forEach(
                piece -> {
                  ByteBuffer source = piece.duplicate().order(ByteOrder.LITTLE_ENDIAN);
                  ByteBuffer sum =
                      ByteBuffer.allocate(source.remaining()).order(ByteOrder.LITTLE_ENDIAN);
                  while (source.hasRemaining()) {
                    sum.putFloat((float) (source.getFloat() + update[at[0]++]));
                  }
                  sink.accept(sum.flip());
                });
  }

  private float[] floats(String name) throws IOException {
    float[] values = new float[Math.toIntExact(weights.spec(name).elements())];
    int[] at = {0};
    weights
        .pieces(name)
        .forEach(
            piece -> {
              ByteBuffer source = piece.duplicate().order(ByteOrder.LITTLE_ENDIAN);
              while (source.hasRemaining()) {
                values[at[0]++] = source.getFloat();
              }
            });
    return values;
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return weights.readStrings(name);
  }
}
