package dev.belay.savedmodel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NpzTest {
  private static final Map<String, String> DTYPES =
      Map.of("float32", "<f4", "float64", "<f8", "int32", "<i4", "int64", "<i8");
  private static final Path FOLDER = Fixtures.path("bert_tf2_ckpt");

  /** The JSON beside a golden lists its arrays: a second opinion on every dtype and shape. */
  @Test
  void everyArrayIsAsTheIndexSays() throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(FOLDER.resolve("goldens.npz"));
    JsonNode index = Fixtures.json(FOLDER.resolve("goldens.json")).get("arrays");
    assertEquals(index.size(), arrays.size());
    arrays.forEach(
        (name, array) -> {
          JsonNode entry = index.get(name);
          assertEquals(
              entry.get("shape").toString(),
              Arrays.toString(array.shape().asArray()).replace(" ", ""));
          assertEquals(DTYPES.get(entry.get("dtype").textValue()), array.dtype(), name);
        });
  }
}
