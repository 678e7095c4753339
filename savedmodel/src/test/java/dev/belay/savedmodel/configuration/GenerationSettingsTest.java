package dev.belay.savedmodel.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationSettingsTest {
  @TempDir Path folder;

  private GenerationSettings settings(String config, Optional<String> generation)
      throws IOException {
    Path described =
        Files.writeString(
            folder.resolve("config.json"),
            "{\"model_type\": \"gpt2\", \"vocab_size\": 9, \"n_positions\": 4, \"n_embd\": 4,"
                + " \"n_layer\": 1, \"n_head\": 2"
                + config
                + "}");
    if (generation.isPresent()) {
      Files.writeString(folder.resolve("generation_config.json"), generation.get());
    }
    return GenerationSettings.read(described, ConfigurationReader.read(described));
  }

  /** Its own file replaces the keys of the configuration, as in transformers 5. */
  @Test
  void theFileComesFirst() throws IOException {
    String config = ", \"num_beams\": 3, \"eos_token_id\": 2";
    assertEquals(OptionalInt.of(3), settings(config, Optional.empty()).count("num_beams"));
    GenerationSettings own =
        settings(config, Optional.of("{\"eos_token_id\": [1, 2], \"top_k\": null, \"my\": 1}"));
    assertTrue(own.own());
    assertEquals(OptionalInt.empty(), own.count("num_beams"));
    assertEquals(Set.of(1, 2), own.ids("eos_token_id"));
    assertEquals(List.of("my"), own.unknown());
    assertFalse(own.keys().containsKey("top_k"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "typical_p: 0.5",
        "num_beam_groups: 2",
        "penalty_alpha: 0.6",
        "renormalize_logits: true",
        "guidance_scale: 1.5",
        "sequence_bias: [[[1], 2.0]]",
        "prompt_lookup_num_tokens: 3"
      })
  void whatBelayDoesNotComputeIsRefused(String setting) throws IOException {
    String json = "{\"" + setting.replace(": ", "\": ") + "}";
    GenerationSettings settings = settings("", Optional.of(json));
    UnsupportedModelException refused =
        assertThrows(UnsupportedModelException.class, settings::requireComputed);
    String key = setting.substring(0, setting.indexOf(':'));
    assertTrue(refused.getMessage().contains("'" + key + "' is "), refused.getMessage());
  }

  @Test
  void whatIsOffIsNotRefused() throws IOException {
    settings(
            "",
            Optional.of(
                "{\"typical_p\": 1.0, \"num_beam_groups\": 1, \"penalty_alpha\": 0,"
                    + " \"renormalize_logits\": false, \"epsilon_cutoff\": 0.0}"))
        .requireComputed();
  }

  @Test
  void aValueOfAnotherTypeIsRefused() throws IOException {
    GenerationSettings settings =
        settings("", Optional.of("{\"top_k\": 1.5, \"do_sample\": 1, \"bad_words_ids\": [3]}"));
    for (Map.Entry<String, Check> check :
        Map.<String, Check>of(
                "top_k", settings::count,
                "do_sample", settings::flag,
                "bad_words_ids", settings::sequences)
            .entrySet()) {
      CorruptModelException refused =
          assertThrows(CorruptModelException.class, () -> check.getValue().read(check.getKey()));
      assertTrue(refused.getMessage().contains(check.getKey()), refused.getMessage());
    }
  }

  /** Reads a key. */
  private interface Check {
    Object read(String key) throws IOException;
  }
}
