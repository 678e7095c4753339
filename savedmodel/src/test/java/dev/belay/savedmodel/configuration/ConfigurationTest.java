package dev.belay.savedmodel.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
  private static final Path TF1 = Fixtures.path("bert_tf1_ckpt", "bert_config.json");
  private static final Path HUGGING_FACE = Fixtures.path("safetensors_bert", "config.json");

  @TempDir Path folder;

  @Test
  void bothFilesOfOneModelSayTheSame() throws IOException {
    ModelConfiguration tf1 = ConfigurationReader.read(TF1);
    ModelConfiguration huggingFace = ConfigurationReader.read(HUGGING_FACE);
    assertEquals(Family.BERT, tf1.family());
    assertEquals(new Sizes(300, 32, 32, 2, 0, 2, 1, 4, 4, 8, 64, 32, 2), tf1.sizes());
    assertEquals(tf1.sizes(), huggingFace.sizes());
    assertEquals(1e-12, tf1.normEpsilon());
    assertEquals(tf1.normEpsilon(), huggingFace.normEpsilon());
    assertEquals(new Dropouts(0.1, 0.1, 0.1, Optional.empty()), tf1.dropouts());
    assertEquals(OptionalInt.of(0), tf1.padId());
    assertEquals(List.of("BertForSequenceClassification"), huggingFace.architectures());
  }

  @Test
  void everyFamilyIsRead() throws IOException {
    ModelConfiguration gpt2 = ConfigurationReader.read(Fixtures.path("gpt2_tiny", "config.json"));
    assertEquals(new Sizes(256, 32, 32, 2, 0, 2, 1, 4, 4, 8, 128, 32, 0), gpt2.sizes());
    assertEquals("gelu_new", gpt2.feedForward().activation());
    ModelConfiguration t5 = ConfigurationReader.read(Fixtures.path("t5_tiny", "config.json"));
    assertEquals(new Sizes(256, 32, 32, 2, 2, 2, 1, 4, 4, 8, 64, 0, 0), t5.sizes());
    assertEquals(Optional.of(new RelativePositions(8, 20)), t5.relativePositions());
    ModelConfiguration albert =
        ConfigurationReader.read(Fixtures.path("families", "albert", "config.json"));
    assertEquals(1, albert.sizes().groups());
    for (String family : List.of("roberta", "distilbert", "electra")) {
      assertEquals(
          family,
          ConfigurationReader.read(Fixtures.path("families", family, "config.json"))
              .family()
              .modelType());
    }
  }

  /** Nothing that a file says is lost or changed on the way out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "safetensors_bert",
        "gpt2_tiny",
        "t5_tiny",
        "families/roberta",
        "families/distilbert",
        "families/electra",
        "families/albert",
        "modernbert/texts/model",
        "modernbert/mean/model"
      })
  void aFileComesOutWithEveryKey(String fixture) throws IOException {
    Path file = Fixtures.path(fixture, "config.json");
    JsonNode before = Fixtures.json(file);
    JsonNode after =
        new ObjectMapper()
            .readTree(ConfigurationWriter.huggingFace(ConfigurationReader.read(file)));
    for (Map.Entry<String, JsonNode> key : before.properties()) {
      boolean filled = key.getKey().equals("n_inner") && key.getValue().isNull();
      if (!filled) {
        assertEquals(key.getValue().asText(), after.path(key.getKey()).asText(), key.getKey());
      }
    }
  }

  @Test
  void tf1FilesComeOutAsGoogleReadsThem() throws IOException {
    byte[] written = ConfigurationWriter.tf1(ConfigurationReader.read(TF1));
    assertEquals(Fixtures.json(TF1), new ObjectMapper().readTree(written));
    assertEquals(
        "no TF1 configuration of t5",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    ConfigurationWriter.tf1(
                        ConfigurationReader.read(Fixtures.path("t5_tiny", "config.json"))))
            .getMessage());
  }

  @Test
  void everythingThatIsMissingIsSaidAtOnce() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"model_type\":\"bert\",\"vocab_size\":10,\"hidden_size\":\"x\"}");
    assertEquals(
        file
            + ": keys: expected all sizes of bert, found 'hidden_size' is \"x\", not a whole"
            + " number; 'num_hidden_layers' is missing; 'num_attention_heads' is missing;"
            + " 'intermediate_size' is missing; 'max_position_embeddings' is missing;"
            + " 'type_vocab_size' is missing",
        assertThrows(CorruptModelException.class, () -> ConfigurationReader.read(file))
            .getMessage());
  }

  @Test
  void sizesThatCannotBeAreRefused() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(
        file, Files.readString(HUGGING_FACE).replace("\"hidden_size\": 32", "\"hidden_size\": 30"));
    assertEquals(
        file
            + ": bert: expected a model, found hidden size: expected a multiple of the 4 attention"
            + " heads, found 30",
        assertThrows(CorruptModelException.class, () -> ConfigurationReader.read(file))
            .getMessage());
  }

  @Test
  void aFamilyThatNobodyKnowsIsSaidSo() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"model_type\":\"mamba\"}");
    assertEquals(
        file
            + ": key 'model_type': 'mamba' is not one of the families that Belay knows: [bert,"
            + " roberta, xlm-roberta, camembert, distilbert, electra, albert, mpnet, modernbert,"
            + " deberta, deberta-v2, gpt2, llama, mistral, qwen2, gpt_neox, t5, mt5, bart, mbart]",
        assertThrows(UnsupportedModelException.class, () -> ConfigurationReader.read(file))
            .getMessage());
  }
}
