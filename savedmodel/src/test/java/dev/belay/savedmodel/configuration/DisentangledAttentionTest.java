package dev.belay.savedmodel.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.CorruptModelException;
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
import org.junit.jupiter.params.provider.ValueSource;

class DisentangledAttentionTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The keys of transformers 4, as on the hub, and those of version 5. */
  @ParameterizedTest
  @ValueSource(strings = {"texts", "convolution", "tokens", "masked", "own_words", "first"})
  void everyKeyOfAFileIsDecided(String name) throws IOException {
    assertEquals(
        new KeyReport(List.of(), List.of(), List.of()),
        KeyReport.of(
            ConfigurationReader.read(Fixtures.path("deberta", name, "model", "config.json"))));
  }

  @Test
  void defaultsAreThoseOfTheClass() throws IOException {
    ModelConfiguration read = read("deberta-v2", "{}");
    DisentangledAttention attention = read.disentangledAttention();
    assertEquals(Optional.empty(), attention.distances());
    assertEquals(1, attention.summands());
    assertTrue(attention.addsPositions() && attention.legacyHead());
    assertFalse(attention.shared() || attention.normed());
    assertEquals(new DisentangledAttention.Pooler(0, "gelu"), attention.pooler());
    assertEquals(0, read.sizes().types());
    assertEquals(1e-7, read.normEpsilon());
    assertEquals(OptionalInt.of(0), read.padId());
    assertEquals(OptionalInt.empty(), read("deberta", "{'pad_token_id': null}").padId());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "deberta-v2 | {'max_relative_positions': -1} | 24 | -1 | 24",
        "deberta-v2 | {'max_relative_positions': 6} | 6 | -1 | 6",
        "deberta-v2 | {'position_buckets': 8} | 8 | 8 | 24",
        "deberta-v2 | {'position_buckets': 0, 'max_relative_positions': 9} | 9 | 0 | 9",
        "deberta | {'position_buckets': 8, 'max_relative_positions': 9} | 9 | -1 | 9"
      })
  void distancesHaveNumbersOfTheirOwnOrShareThem(
      String type, String keys, int span, int buckets, int farthest) throws IOException {
    String all = keys.replace("{", "{'relative_attention': true, ");
    assertEquals(
        Optional.of(new DisentangledAttention.Distances(span, buckets, farthest)),
        read(type, all).disentangledAttention().distances());
  }

  /** Version 1 scales for each word of the list, version 2 for each term that it computes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "deberta-v2 ; 'P2C | c2p' ; true ; true ; 3",
        "deberta-v2 ; ['c2p'] ; true ; false ; 2",
        "deberta-v2 ; ['p2c', 'p2p'] ; false ; true ; 2",
        "deberta ; ['p2c', 'p2p'] ; false ; true ; 3",
        "deberta-v2 ; null ; false ; false ; 1"
      })
  void termsAreAListOrOneText(String type, String terms, boolean keys, boolean queries, int count)
      throws IOException {
    DisentangledAttention read =
        read(type, "{'pos_att_type': " + terms + "}").disentangledAttention();
    assertEquals(List.of(keys, queries), List.of(read.byKeys(), read.byQueries()));
    assertEquals(count, read.summands());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'attention_head_size': 3} | 'attention_head_size' is not the hidden size divided by",
        "{'pooler_hidden_size': 9} | 'pooler_hidden_size' is not the hidden size, 8",
        "{'pooler_dropout': 1} | 'pooler_dropout' is 1.0, not from 0 to less than 1",
        "{'legacy': false, 'embedding_size': 6} | 'legacy' is false, and 'embedding_size' is not",
        "{'conv_kernel_size': 4} | 'conv_kernel_size' is 4, an even number, which loses a token",
        "{'conv_kernel_size': 3, 'conv_groups': 3} | 'conv_groups' is 3, not a divisor of the",
        "{'relative_attention': true, 'position_buckets': 8, 'max_relative_positions': 5} |"
            + " 'position_buckets' is 8, and the farthest distance 5: expected 2 or more"
      })
  void whatNoClassComputesIsRefused(String keys, String said) {
    CorruptModelException refusal =
        assertThrows(CorruptModelException.class, () -> read("deberta-v2", keys));
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  @Test
  void layersOfVersionTwoAreNotReadInVersionOne() throws IOException {
    DisentangledAttention read =
        read(
                "deberta",
                "{'share_att_key': true, 'norm_rel_ebd': 'layer_norm', 'conv_kernel_size': 4}")
            .disentangledAttention();
    assertFalse(read.shared() || read.normed() || read.convolution().isPresent());
    ModelConfiguration talking = read("deberta", "{'talking_head': true}");
    assertEquals(
        List.of("'talking_head' is true, and Belay computes false"),
        KeyReport.of(talking).refused());
  }

  private ModelConfiguration read(String type, String keys) throws IOException {
    ObjectNode all = JSON.createObjectNode();
    all.put("model_type", type).put("vocab_size", 24).put("hidden_size", 8);
    all.put("num_hidden_layers", 2).put("num_attention_heads", 2).put("intermediate_size", 12);
    all.put("max_position_embeddings", 24);
    all.setAll((ObjectNode) JSON.readTree(keys.replace('\'', '"')));
    Path file = folder.resolve("config.json");
    Files.writeString(file, all.toString());
    return ConfigurationReader.read(file);
  }
}
