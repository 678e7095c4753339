package dev.belay.savedmodel.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderConfigurationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** Transformers 4 writes two keys where version 5 writes one object. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'rope_parameters': {'rope_type': 'linear', 'factor': 2, 'rope_theta': 50}}",
        "{'rope_scaling': {'type': 'linear', 'factor': 2}, 'rope_theta': 50}",
        "{'rope_scaling': {'rope_type': 'linear', 'factor': 2.0}, 'rope_theta': 50.0,"
            + " 'rope_parameters': {'rope_type': 'default'}}"
      })
  void positionsOfBothVersions(String keys) throws IOException {
    RotaryPositions read = read("llama", keys).rotaryPositions();
    assertEquals(RotaryPositions.Scaling.LINEAR, read.scaling());
    assertEquals(50, read.base());
    assertEquals(2, read.factor());
  }

  @Test
  void withoutKeysPositionsAreThoseOfTheFirstLlama() throws IOException {
    RotaryPositions read = read("llama", "{'rope_parameters': null}").rotaryPositions();
    assertEquals(RotaryPositions.Scaling.DEFAULT, read.scaling());
    assertEquals(10_000, read.base());
    assertEquals(4, read.size());
  }

  /** YaRN's factor of the rotated numbers, by the formulas of transformers. */
  @ParameterizedTest
  @CsvSource({
    "'', 1.138629436111989",
    "', ''attention_factor'': 0.5', 0.5",
    "', ''mscale'': 1.0, ''mscale_all_dim'': 0.5', 1.06482162",
    "', ''mscale'': 1.0', 1.138629436111989"
  })
  void yarnScalesWhatItRotates(String more, double expected) throws IOException {
    RotaryPositions read =
        read("llama", "{'rope_parameters': {'rope_type': 'yarn', 'factor': 4" + more + "}}")
            .rotaryPositions();
    assertEquals(expected, read.attention(), 1e-6);
    assertEquals(64, read.trained());
    assertEquals(new RotaryPositions.Band(1, 32, true), read.band().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_scaling': {'type': 'longrope', 'factor': 2}}|'rope_type' is \"longrope\", and Belay"
            + " computes default, linear, dynamic, llama3, yarn",
        "{'rope_scaling': {'type': 'linear'}}|'factor' of the rotary positions is missing",
        "{'rope_parameters': {'full_attention': {'rope_type': 'default'}}}|differ between layers",
        "{'rope_theta': 5, 'rope_parameters': {'rope_theta': 6}}|transformers 4 reads the first",
        "{'rope_parameters': {'partial_rotary_factor': 0.5}}|'partial_rotary_factor' is 0.5",
        "{'rope_scaling': {'type': 'llama3', 'factor': 2}}|'low_freq_factor' and",
        "{'rope_scaling': 'linear'}|'rope_scaling' is \"linear\", not an object",
        "{'rope_scaling': {'type': 'linear', 'factor': 0}}|the factor 0.0",
        "{'head_dim': 3}|the size of a head is 3, which rotary positions cannot pair",
        "{'num_key_value_heads': 3}|expected a divisor of the 4 attention heads, found 3"
      })
  void whatIsNotComputedIsRefusedByName(String keys, String said) {
    String message = assertThrows(IOException.class, () -> read("llama", keys)).getMessage();
    assertTrue(message.contains(said), message);
  }

  @Test
  void headsThatShareKeysHaveDefaultsOfTheirType() throws IOException {
    assertEquals(4, read("llama", "{'num_key_value_heads': null}").sizes().keyHeads());
    assertEquals(4, read("mistral", "{'num_key_value_heads': null}").sizes().keyHeads());
    assertEquals(8, without("mistral", "num_key_value_heads", 16).sizes().keyHeads());
    assertEquals(32, without("qwen2", "num_key_value_heads", 64).sizes().keyHeads());
    assertEquals(64, without("llama", "num_key_value_heads", 64).sizes().keyHeads());
  }

  @Test
  void windowsAreInTheLayersThatTheTypeSays() throws IOException {
    assertEquals(Set.of(), read("llama", "{'sliding_window': 3}").slidingWindow().layers());
    assertEquals(
        new SlidingWindow(3, Set.of(0, 1)),
        read("mistral", "{'sliding_window': 3}").slidingWindow());
    assertEquals(4096, read("mistral", "{}").slidingWindow().tokens());
    assertEquals(Set.of(), read("mistral", "{'sliding_window': null}").slidingWindow().layers());
    assertEquals(Set.of(), read("qwen2", "{'sliding_window': 3}").slidingWindow().layers());
    String slides = "{'use_sliding_window': true, 'sliding_window': 3, 'max_window_layers': 1";
    assertEquals(Set.of(1), read("qwen2", slides + "}").slidingWindow().layers());
    assertEquals(
        Set.of(0),
        read("qwen2", slides + ", 'layer_types': ['sliding_attention', 'full_attention']}")
            .slidingWindow()
            .layers());
    String message =
        assertThrows(
                IOException.class,
                () -> read("qwen2", slides + ", 'layer_types': ['chunked_attention']}"))
            .getMessage();
    assertTrue(message.contains("'layer_types' is [chunked_attention], not one of"), message);
  }

  /** Transformers 4 writes GPT-NeoX's part of each head under a name of its own. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|8|10000",
        "{'rotary_pct': 0.5, 'rotary_emb_base': 50}|16|50",
        "{'rope_parameters': {'partial_rotary_factor': 1, 'rope_theta': 50}}|32|50",
        "{'rope_theta': 50, 'partial_rotary_factor': 1}|8|10000"
      })
  void partsOfHeadsAreRotated(String keys, int size, double base) throws IOException {
    RotaryPositions read = neox(keys).rotaryPositions();
    assertEquals(size, read.size());
    assertEquals(base, read.base());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rotary_pct': 0.1}|of the 32 numbers of a head 3 are rotated",
        "{'rotary_pct': 0}|of the 32 numbers of a head 0 are rotated",
        "{'rotary_pct': 2}|of the 32 numbers of a head 64 are rotated",
        "{'rotary_pct': 0.5, 'rope_parameters': {'partial_rotary_factor': 1}}|'rotary_pct' is 0.5"
      })
  void otherPartsOfHeadsAreRefused(String keys, String said) {
    String message = assertThrows(IOException.class, () -> neox(keys)).getMessage();
    assertTrue(message.contains(said), message);
  }

  /** Heads of another size than the layers have would have frequencies of that size in Python. */
  @Test
  void sizesOfHeadsAreRefusedOfGptNeox() throws IOException {
    assertEquals(List.of(), KeyReport.of(neox("{'head_dim': null}")).refused());
    String refused = KeyReport.of(neox("{'head_dim': 32}")).refused().get(0);
    assertTrue(refused.startsWith("'head_dim' is 32: "), refused);
  }

  /** The keys of Mistral and Qwen2 that only Llama's class reads change nothing. */
  @Test
  void keysAreThoseOfTheType() throws IOException {
    String partial = "{'partial_rotary_factor': 1.0, 'attention_bias': true, 'my_key': 1}";
    for (String type : new String[] {"llama", "mistral", "qwen2"}) {
      KeyReport report = KeyReport.of(read(type, partial));
      assertEquals(List.of(), report.refused());
      assertEquals(List.of("my_key"), report.unknown());
    }
    assertEquals(
        List.of("use_sliding_window"),
        KeyReport.of(read("mistral", "{'use_sliding_window': true}")).unknown());
  }

  /** Llama 3 ends texts with any of several words. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"3|[3]", "[5, 2]|[5, 2]", "[2, 99]|[2]", "null|[]", "-1|[]"})
  void severalWordsEndATextIfTheFileSaysSo(String said, String ids) throws IOException {
    assertEquals(ids, read("llama", "{'eos_token_id': " + said + "}").endIds().toString());
  }

  private ModelConfiguration read(String type, String more) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("decoders/llama/model/config.json"));
    keys.put("model_type", type);
    keys.remove("rope_parameters");
    keys.setAll((ObjectNode) JSON.readTree(more.replace('\'', '"')));
    return ConfigurationReader.read(write(keys));
  }

  private ModelConfiguration neox(String more) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("decoders/neox/model/config.json"));
    keys.put("hidden_size", 32).put("num_attention_heads", 1);
    keys.remove("rope_parameters");
    keys.setAll((ObjectNode) JSON.readTree(more.replace('\'', '"')));
    return ConfigurationReader.read(write(keys));
  }

  private ModelConfiguration without(String type, String key, int heads) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("decoders/llama/model/config.json"));
    keys.put("model_type", type);
    keys.put("num_attention_heads", heads);
    keys.remove(key);
    return ConfigurationReader.read(write(keys));
  }

  private Path write(ObjectNode keys) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, keys.toString());
    return file;
  }
}
