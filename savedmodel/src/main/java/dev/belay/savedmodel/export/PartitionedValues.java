package dev.belay.savedmodel.export;

import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Brings the values of variables under the keys of a checkpoint, where a key may hold several. */
final class PartitionedValues {
  private PartitionedValues() {}

  /**
   * The values by key; parts of a variable are put into its whole, whose other parts keep theirs.
   */
  static Map<String, ByteBuffer> joined(
      SavedModelContents model, Map<ModelVariable, ByteBuffer> values) throws IOException {
    Map<String, ByteBuffer> byKey = new LinkedHashMap<>();
    for (Map.Entry<ModelVariable, ByteBuffer> entry : values.entrySet()) {
      ModelVariable variable = entry.getKey();
      String key = variable.checkpointKey();
      Optional<TensorSlice> slice = model.slice(variable);
      if (slice.isEmpty()) {
        if (byKey.put(key, entry.getValue()) != null) {
          throw new IllegalArgumentException(
              "two values for checkpoint key '" + key + "' of " + model.directory());
        }
        continue;
      }
      BundleContents checkpoint = model.checkpoint().orElseThrow();
      ByteBuffer whole = byKey.get(key);
      if (whole == null) {
        whole = copy(checkpoint.read(key));
        byKey.put(key, whole);
      }
      slice.get().pasteInto(checkpoint.spec(key), entry.getValue(), whole);
    }
    return byKey;
  }

  private static ByteBuffer copy(ByteBuffer source) {
    return ByteBuffer.allocate(source.remaining())
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(source)
        .flip();
  }
}
