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
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BartConfigurationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void decodersHaveSizesOfTheirOwn() throws IOException {
    ModelConfiguration read = read("bart", "{}");
    assertEquals(new DecoderBlocks(2, 8), read.decoderBlocks());
    assertEquals(3, read.sizes().heads());
    assertEquals(10, read.sizes().intermediate());
    assertEquals(16, read.sizes().positions());
    assertEquals(new Dropouts(0.1, 0, 0.1, Optional.of(0.0)), read.dropouts());
    assertEquals(0.02, read.initializerRange());
    assertEquals(0.3, read("bart", "{'init_std': 0.3}").initializerRange());
  }

  /** A decoder learns by the default of its class; generate reads what the file has. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bart|{'decoder_start_token_id': 5}|5|5",
        "bart|{'decoder_start_token_id': null}|2|0",
        "bart|{'decoder_start_token_id': null, 'bos_token_id': null}|2|-1",
        "mbart|{'decoder_start_token_id': null, 'bos_token_id': null}|1|-1"
      })
  void textsBeginAsTheVersionsSay(String type, String keys, int learned, int generated)
      throws IOException {
    ModelConfiguration read = read(type, keys);
    assertEquals(OptionalInt.of(learned), read.decoderStart());
    assertEquals(generated, read.generationStart().orElse(-1));
  }

  @Test
  void keysOfTheFirstFilesChangeNothing() throws IOException {
    KeyReport report =
        KeyReport.of(
            read(
                "mbart",
                "{'normalize_before': false, 'add_final_layer_norm': false, 'classif_dropout': 0.1,"
                    + " 'extra_pos_embeddings': 2, 'num_hidden_layers': 2}"));
    assertEquals(List.of(), report.refused());
    assertEquals(List.of(), report.unknown());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'tie_word_embeddings': false}|'tie_word_embeddings' is false: transformers 4",
        "{'decoder_layerdrop': 0.1}|'decoder_layerdrop' is 0.1: a training would skip",
        "{'is_encoder_decoder': false}|'is_encoder_decoder' is false: the folder holds half",
        "{'is_decoder': true}|'is_decoder' is true: the folder holds half"
      })
  void whatIsNotComputedIsRefusedByName(String keys, String said) throws IOException {
    String refused = KeyReport.of(read("bart", keys)).refused().get(0);
    assertTrue(refused.startsWith(said), refused);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'decoder_attention_heads': 5}|no divisor of the hidden size 12",
        "{'decoder_ffn_dim': 0}|'decoder_ffn_dim' is 0, and is at least 1",
        "{'decoder_attention_heads': null}|'decoder_attention_heads' is missing",
        "{'hidden_size': 16}|two names of one key"
      })
  void sizesThatDoNotFitAreRefused(String keys, String said) {
    String message = assertThrows(IOException.class, () -> read("bart", keys)).getMessage();
    assertTrue(message.contains(said), message);
  }

  private ModelConfiguration read(String type, String more) throws IOException {
    ObjectNode keys = (ObjectNode) Fixtures.json(Fixtures.path("seq2seq/bart/model/config.json"));
    keys.put("model_type", type);
    keys.setAll((ObjectNode) JSON.readTree(more.replace('\'', '"')));
    Path file = folder.resolve("config.json");
    Files.writeString(file, keys.toString());
    return ConfigurationReader.read(file);
  }
}
