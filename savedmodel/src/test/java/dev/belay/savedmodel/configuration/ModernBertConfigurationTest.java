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
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModernBertConfigurationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The keys of transformers 4.48, as on the hub, and those of version 5. */
  @ParameterizedTest
  @ValueSource(strings = {"texts", "mean", "tokens", "masked", "own_output"})
  void everyKeyOfAFileIsDecided(String name) throws IOException {
    assertEquals(
        new KeyReport(List.of(), List.of(), List.of()),
        KeyReport.of(
            ConfigurationReader.read(Fixtures.path("modernbert", name, "model", "config.json"))));
  }

  @Test
  void defaultsAreThoseOfTheClass() throws IOException {
    AlternatingAttention read = read("{}").alternatingAttention();
    assertEquals(64, read.reach());
    assertEquals(Set.of(1, 2, 4), read.local());
    assertEquals(160_000, read.globalPositions().base());
    assertEquals(10_000, read.localPositions().base());
    assertEquals(OptionalInt.empty(), read("{'pad_token_id': null}").padId());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'global_rope_theta': 70, 'local_rope_theta': 80}",
        "{'rope_parameters': {'full_attention': {'rope_theta': 70}, 'sliding_attention':"
            + " {'rope_theta': 80}}}",
        "{'rope_parameters': {'full_attention': {'rope_theta': 70}, 'sliding_attention':"
            + " {'rope_theta': 80}}, 'local_rope_theta': 80}"
      })
  void eachKindOfLayerHasItsPositions(String keys) throws IOException {
    AlternatingAttention read = read(keys).alternatingAttention();
    assertEquals(70, read.globalPositions().base());
    assertEquals(80, read.localPositions().base());
  }

  @Test
  void layersAreNamedOrCounted() throws IOException {
    assertEquals(
        Set.of(1, 3), read("{'global_attn_every_n_layers': 2}").alternatingAttention().local());
    String named =
        "'layer_types': ['full_attention', 'sliding_attention', 'full_attention',"
            + " 'sliding_attention', 'full_attention']";
    assertEquals(Set.of(1, 3), read("{" + named + "}").alternatingAttention().local());
    assertEquals(
        Set.of(1, 3),
        read("{" + named + ", 'global_attn_every_n_layers': 2}").alternatingAttention().local());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'layer_types': ['full_attention']}|'layer_types' is [full_attention], not one of",
        "{'layer_types': ['full_attention', 'full_attention', 'full_attention', 'full_attention',"
            + " 'full_attention'], 'global_attn_every_n_layers': 2}|'layer_types' says otherwise",
        "{'global_attn_every_n_layers': 0}|'global_attn_every_n_layers' is not a number of layers",
        "{'local_attention': -1}|'local_attention' is -1, not a number of tokens",
        "{'sliding_window': 3}|'sliding_window' is not half of 'local_attention', which is 128",
        "{'head_dim': 8}|'head_dim' is not the hidden size divided by the attention heads",
        "{'local_rope_theta': null}|'local_rope_theta' is null",
        "{'local_rope_theta': 5, 'rope_parameters': {'sliding_attention': {'rope_theta':"
            + " 6}}}|'local_rope_theta' is 5.0, and 6.0 within the rotary positions",
        "{'rope_parameters': {'full_attention': {'rope_type': 'longrope'}}}|'rope_type' is"
            + " \"longrope\"",
        "{'rope_parameters': {'full_attention': {'rope_type': 'yarn', 'factor': 2, 'truncate':"
            + " false}}}|'truncate' in 'full_attention' is false",
        "{'rope_parameters': {'rope_type': 'linear', 'factor': 2}}|'rope_parameters' has"
            + " 'rope_type' for all layers"
      })
  void whatIsNotComputedIsRefusedByName(String keys, String said) {
    String message = assertThrows(IOException.class, () -> read(keys)).getMessage();
    assertTrue(message.contains(said), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'classifier_pooling': 'max'}|'classifier_pooling' is \"max\", and Belay computes \"cls\"",
        "{'rope_scaling': {'rope_type': 'linear', 'factor': 2}}|'rope_scaling' is",
        "{'sparse_pred_ignore_index': 0}|'sparse_pred_ignore_index' is 0",
        "{'partial_rotary_factor': 0.5}|'partial_rotary_factor' is 0.5"
      })
  void keysThatAskForAnotherComputationAreRefused(String keys, String said) {
    String message =
        assertThrows(
                IOException.class,
                () -> KeyReport.of(read(keys)).requireComputed(folder.resolve("config.json")))
            .getMessage();
    assertTrue(message.contains(said), message);
  }

  private ModelConfiguration read(String keys) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", "modernbert");
    root.put("vocab_size", 60_000);
    root.put("hidden_size", 8);
    root.put("intermediate_size", 6);
    root.put("num_hidden_layers", 5);
    root.put("num_attention_heads", 2);
    root.setAll((ObjectNode) JSON.readTree(keys.replace('\'', '"')));
    Path file = folder.resolve("config.json");
    Files.writeString(file, JSON.writeValueAsString(root));
    return ConfigurationReader.read(file);
  }
}
