package dev.belay.savedmodel.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.ModelType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyReportTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The keys of each class, as {@code make_configuration_keys.py} lists them. */
  @ParameterizedTest
  @ValueSource(strings = {"4.26.1", "5.20.2"})
  void everyKeyOfEveryClassIsDecided(String transformers) throws IOException {
    JsonNode keys =
        Fixtures.json(Fixtures.path("configuration_keys").resolve(transformers + ".json"));
    List<String> undecided = new ArrayList<>();
    int decided = 0;
    for (Map.Entry<String, JsonNode> own : keys.path("own").properties()) {
      ModelType type = ModelType.named(own.getKey()).orElseThrow();
      for (JsonNode list : List.of(keys.path("every"), own.getValue())) {
        for (JsonNode key : list) {
          decided++;
          if (KeyRules.of(type).rule(key.asText()).isEmpty()) {
            undecided.add(own.getKey() + "." + key.asText());
          }
        }
      }
    }
    assertEquals(List.of(), undecided);
    assertTrue(decided > 500, "hardly a key was read: " + decided);
  }

  @Test
  void ownFilesHaveNothingToComplainOf() throws IOException {
    for (String fixture :
        List.of(
            "safetensors_bert",
            "gpt2_tiny",
            "t5_tiny",
            "families/roberta",
            "families/distilbert",
            "families/electra",
            "families/albert")) {
      KeyReport report =
          KeyReport.of(ConfigurationReader.read(Fixtures.path(fixture, "config.json")));
      assertEquals(new KeyReport(List.of(), List.of(), List.of()), report, fixture);
    }
  }

  @Test
  void allThatAsksForAnotherComputationIsSaidAtOnce() throws IOException {
    Path file =
        bert(
            "{'pruned_heads': {'0': [1]}, 'add_cross_attention': true,"
                + " 'position_embedding_type': 'alibi', 'problem_type': 'ranking',"
                + " 'quantization_config': {'bits': 4}}");
    String message =
        assertThrows(
                UnsupportedModelException.class,
                () -> KeyReport.of(ConfigurationReader.read(file)).requireComputed(file))
            .getMessage();
    assertTrue(message.startsWith(file + ": configuration: "), message);
    for (String part :
        List.of(
            "'pruned_heads' is {\"0\":[1]}: some layers have fewer heads",
            "'add_cross_attention' is true: the model is the decoder of a pair",
            "'position_embedding_type' is \"alibi\", and Belay computes \"absolute\","
                + " \"relative_key\", \"relative_key_query\"",
            "'problem_type' is \"ranking\"",
            "'quantization_config' is {\"bits\":4}: the weights are quantized")) {
      assertTrue(message.contains(part), part + " in " + message);
    }
  }

  @Test
  void defaultsAndNullPass() throws IOException {
    Path file =
        bert(
            "{'pruned_heads': {}, 'add_cross_attention': false, 'auto_map': null, 'num_beams': 1.0,"
                + " 'is_decoder': true, 'chunk_size_feed_forward': 7}");
    assertEquals(
        new KeyReport(List.of(), List.of(), List.of()),
        KeyReport.of(ConfigurationReader.read(file)));
  }

  @Test
  void unknownKeysAndThoseOfWritingAreNamed() throws IOException {
    Path file = bert("{'my_key': 3, 'num_beams': 4, 'temperature': 0.5}");
    assertEquals(
        new KeyReport(List.of(), List.of("my_key"), List.of("num_beams 4", "temperature 0.5")),
        KeyReport.of(ConfigurationReader.read(file)));
  }

  @ParameterizedTest
  @CsvSource({
    "'feed_forward_proj=relu', relu, false, relu",
    "'feed_forward_proj=gated-gelu', gelu_new, true, gated-gelu",
    "'feed_forward_proj=gated-silu', silu, true, gated-silu",
    "'feed_forward_proj=gelu', gelu, false, gelu",
    "'feed_forward_proj=relu,dense_act_fn=gelu_new,is_gated_act=true', gelu_new, true, gated-gelu",
    "'', relu, false, relu"
  })
  void t5SaysItsFeedForward(String keys, String activation, boolean gated, String written)
      throws IOException {
    ModelConfiguration read = ConfigurationReader.read(t5("t5", keys));
    assertEquals(new FeedForward(activation, gated), read.feedForward());
    JsonNode out = JSON.readTree(ConfigurationWriter.huggingFace(read));
    assertEquals(written, out.path("feed_forward_proj").asText());
    assertEquals(activation, out.path("dense_act_fn").asText());
    assertEquals(gated, out.path("is_gated_act").asBoolean());
  }

  /** Their formula divides by the logarithm of one by the other. */
  @Test
  void bucketsThatReachNoFurtherThanTheirNumberAreRefused() throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("t5_tiny", "config.json"));
    keys.put("relative_attention_max_distance", 4);
    assertTrue(
        assertThrows(CorruptModelException.class, () -> ConfigurationReader.read(write(keys)))
            .getMessage()
            .contains(
                "expected 4 buckets or more and a distance above half of them, found 8 and 4"));
  }

  @Test
  void whatVersionsReadDifferentlyIsRefused() throws IOException {
    assertEquals(
        new FeedForward("gelu_new", true), ConfigurationReader.read(t5("mt5", "")).feedForward());
    CorruptModelException refused =
        assertThrows(
            CorruptModelException.class,
            () -> ConfigurationReader.read(t5("mt5", "feed_forward_proj=relu,is_gated_act=true")));
    assertTrue(refused.getMessage().contains("transformers 4 reads the first, 5 the others"));
    assertThrows(
        CorruptModelException.class,
        () -> ConfigurationReader.read(t5("t5", "feed_forward_proj=gated-gelu-new")));
  }

  /** Hugging Face's classes take a key under another name too. */
  @Test
  void otherNamesOfAKeyCount() throws IOException {
    ObjectNode gpt2 = (ObjectNode) Fixtures.json(Fixtures.path("gpt2_tiny", "config.json"));
    gpt2.set("hidden_size", gpt2.remove("n_embd"));
    assertEquals(32, ConfigurationReader.read(write(gpt2)).sizes().hidden());
    gpt2.put("n_embd", 64);
    assertTrue(
        assertThrows(CorruptModelException.class, () -> ConfigurationReader.read(write(gpt2)))
            .getMessage()
            .contains("'hidden_size' is 32 and 'n_embd' 64, two names of one key"));
  }

  @ParameterizedTest
  @CsvSource({
    "XLMRobertaForMaskedLM, XLM_ROBERTA, ForMaskedLM",
    "TFBertForSequenceClassification, BERT, ForSequenceClassification",
    "MT5Model, MT5, Model",
    "T5WithLMHeadModel, T5, WithLMHeadModel",
    "BertweetModel,,",
    "MyModel,,"
  })
  void classesNameTheirType(String architecture, ModelType type, String ending) {
    Optional<ModelType> found = ModelType.ofClass(architecture);
    assertEquals(Optional.ofNullable(type), found);
    assertEquals(Optional.ofNullable(ending), found.flatMap(each -> each.ending(architecture)));
  }

  private Path bert(String more) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("safetensors_bert", "config.json"));
    keys.setAll((ObjectNode) JSON.readTree(more.replace('\'', '"')));
    return write(keys);
  }

  private Path t5(String type, String assignments) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("t5_tiny", "config.json"));
    keys.remove(List.of("feed_forward_proj", "dense_act_fn", "is_gated_act"));
    keys.put("model_type", type);
    for (String assignment : assignments.isEmpty() ? new String[0] : assignments.split(",")) {
      String[] parts = assignment.split("=");
      if (parts[1].equals("true")) {
        keys.put(parts[0], true);
      } else {
        keys.put(parts[0], parts[1]);
      }
    }
    return write(keys);
  }

  private Path write(JsonNode keys) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, keys.toString());
    return file;
  }
}
