package dev.belay.savedmodel.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NameTableTest {

  @ParameterizedTest
  @EnumSource(Family.class)
  void everyNameOfEveryDialectLeadsBackToItsTensorAndToNoOther(Family family) {
    NameTable table = NameTable.of(family);
    for (Dialect dialect : Dialect.values()) {
      Set<String> names = new HashSet<>();
      for (String pattern : table.canonicalPatterns()) {
        String canonical = pattern.replace("#", "11");
        Optional<DialectName> name = table.inDialect(dialect, canonical);
        if (name.isPresent()) {
          assertTrue(names.add(name.get().name()), () -> "two tensors named " + name);
          assertEquals(
              Optional.of(new DialectName(canonical, name.get().layout())),
              table.canonical(dialect, name.get().name()));
        }
      }
      assertEquals(table.knows(dialect), !names.isEmpty());
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void everyTensorHasANameInKerasAndInTf2(Family family) {
    NameTable table = NameTable.of(family);
    for (String pattern : table.canonicalPatterns()) {
      String canonical = pattern.replace("#", "0");
      boolean named = !isOfPyTorchAlone(family, canonical);
      assertEquals(named, table.inDialect(Dialect.KERAS, canonical).isPresent(), canonical);
      assertEquals(
          named && !family.isDisentangled(),
          table.inDialect(Dialect.TF2, canonical).isPresent(),
          canonical);
    }
  }

  /**
   * What no TensorFlow class of Hugging Face has: Llama, GPT-NeoX, ModernBERT, distances, untied
   * outputs, heads of GPT-2, BART's for answers, newer heads of DeBERTa.
   */
  private static boolean isOfPyTorchAlone(Family family, String canonical) {
    return family.isRotaryDecoder()
        || family == Family.MODERNBERT
        || canonical.contains("distance_embedding")
        || canonical.equals("cls.predictions.decoder.bias")
        || canonical.matches("(lm|mask)_predictions\\..*")
        || canonical.equals("lm_head.decoder.bias")
        || (canonical.equals(NameTable.of(family).output()) && family != Family.T5)
        || (family == Family.BART && canonical.startsWith("qa_outputs"))
        || (family == Family.GPT2 && canonical.matches("(classifier|qa_outputs)\\..*"));
  }

  @ParameterizedTest
  @CsvSource({
    "BERT, bert.encoder.layer.3.output.dense.weight, TF1, bert/encoder/layer_3/output/dense/kernel,"
        + " TRANSPOSED",
    "BERT, bert.encoder.layer.3.output.dense.weight, TF2,"
        + " bert/encoder/layer/3/bert_output/dense/kernel, TRANSPOSED",
    "BERT, bert.embeddings.position_embeddings.weight, TF2, bert/embeddings/embeddings, SAME",
    "BERT, classifier.weight, TF1, output_weights, SAME",
    "BERT, classifier.weight, KERAS, classifier/kernel, TRANSPOSED",
    "BERT, qa_outputs.bias, TF1, cls/squad/output_bias, SAME",
    "BERT, bert.embeddings.LayerNorm.weight, PYTORCH, bert.embeddings.LayerNorm.weight, SAME",
    "GPT2, transformer.h.0.attn.c_attn.bias, KERAS, transformer/h_._0/attn/c_attn/bias, ROW",
    "GPT2, transformer.h.0.attn.c_attn.weight, KERAS, transformer/h_._0/attn/c_attn/weight, SAME",
    "ALBERT, albert.encoder.albert_layer_groups.0.albert_layers.1.ffn.weight, TF1,"
        + " bert/encoder/transformer/group_0/inner_group_1/ffn_1/intermediate/dense/kernel,"
        + " TRANSPOSED",
    "ELECTRA, electra.embeddings_project.weight, TF1, electra/embeddings_project/kernel,"
        + " TRANSPOSED",
    "DEBERTA_V2, deberta.encoder.conv.conv.weight, KERAS, deberta/encoder/conv/conv/kernel,"
        + " TRANSPOSED",
    "DEBERTA_V2, deberta.encoder.rel_embeddings.weight, KERAS,"
        + " deberta/encoder/rel_embeddings.weight, SAME",
    "DEBERTA_V2, deberta.encoder.layer.1.attention.self.pos_key_proj.bias, KERAS,"
        + " deberta/encoder/layer_._1/attention/self/pos_proj/bias, SAME",
    "DEBERTA, deberta.encoder.layer.1.attention.self.in_proj.weight, KERAS,"
        + " deberta/encoder/layer_._1/attention/self/in_proj/kernel, TRANSPOSED",
    "T5, decoder.block.1.layer.2.DenseReluDense.wo.weight, TF2,"
        + " decoder/block/1/layer/2/DenseReluDense/wo/kernel, TRANSPOSED",
  })
  void namesAreThoseOfTheField(
      Family family, String canonical, Dialect dialect, String name, Layout layout) {
    assertEquals(
        Optional.of(new DialectName(name, layout)),
        NameTable.of(family).inDialect(dialect, canonical));
  }

  @Test
  void theFirstPytorchFilesKeptTensorFlowsWords() {
    assertEquals(
        Optional.of(new DialectName("bert.pooler.dense.bias", Layout.SAME)),
        NameTable.of(Family.BERT).canonical(Dialect.PYTORCH, "bert.pooler.dense.bias"));
    assertEquals(
        Optional.of(new DialectName("bert.embeddings.LayerNorm.weight", Layout.SAME)),
        NameTable.of(Family.BERT).canonical(Dialect.PYTORCH, "bert.embeddings.LayerNorm.gamma"));
  }

  /** What transformers itself says of these names. */
  @ParameterizedTest
  @CsvSource({
    "GPT2, gpt2_tiny, tfgpt2lm_head_model/",
    "T5, t5_tiny, tft5_for_conditional_generation/"
  })
  void namesAreThoseOfTransformers(Family family, String fixture, String model) throws IOException {
    int compared = 0;
    for (JsonNode pair : Fixtures.json(Fixtures.path(fixture, "names.json"))) {
      String tf = pair.get("tf").textValue().replace(":0", "");
      String keras = tf.startsWith(model) ? tf.substring(model.length()) : tf;
      DialectName canonical = NameTable.of(family).canonical(Dialect.KERAS, keras).orElseThrow();
      assertEquals(pair.get("pt").textValue(), canonical.name());
      compared++;
    }
    assertTrue(compared > 20);
  }

  /** What transformers and TensorFlow say of them. */
  @ParameterizedTest
  @ValueSource(strings = {"bart", "mbart", "bart_classes"})
  void namesOfBartAreThoseOfTensorFlow(String fixture) throws IOException {
    List<JsonNode> names = new ArrayList<>();
    Fixtures.json(Fixtures.path("seq2seq", fixture, "tf_names.json")).forEach(names::add);
    for (Dialect dialect : List.of(Dialect.KERAS, Dialect.TF2)) {
      String key = dialect == Dialect.KERAS ? "h5" : "tf2";
      String ending = dialect == Dialect.KERAS ? "" : "/.ATTRIBUTES/VARIABLE_VALUE";
      Map<String, String> right = new HashMap<>();
      for (JsonNode one : names) {
        right.put(one.get(key).asText().replace(ending, ""), one.get("pt").asText());
      }
      Naming found = Naming.find(right.keySet(), Set.of(dialect), Optional.empty()).orElseThrow();
      assertEquals(Family.BART, found.family());
      assertEquals(Set.of(), found.unknown());
      found
          .sources()
          .forEach((name, source) -> assertEquals(right.get(source.name()), name, source.name()));
      for (String name : right.values()) {
        String written = NameTable.of(Family.BART).inDialect(dialect, name).orElseThrow().name();
        assertTrue(
            right.containsKey(found.prefix() + written) || right.containsKey(written), written);
      }
    }
  }

  @Test
  void aNamingFindsPrefixFamilyAndWhatItDoesNotKnow() {
    List<String> names =
        List.of(
            "run/model/roberta/embeddings/weight",
            "run/model/roberta/encoder/layer/0/intermediate/dense/kernel",
            "run/model/classifier/out_proj/kernel",
            "run/counter");
    Naming naming = Naming.find(names, Set.of(Dialect.TF2), Optional.empty()).orElseThrow();
    assertEquals(Family.ROBERTA, naming.family());
    assertEquals("run/model/", naming.prefix());
    assertTrue(naming.named());
    assertEquals(Set.of("run/counter"), naming.unknown());
    assertEquals(
        Map.of(
            "roberta.embeddings.word_embeddings.weight",
            new DialectName("run/model/roberta/embeddings/weight", Layout.SAME),
            "roberta.encoder.layer.0.intermediate.dense.weight",
            new DialectName(
                "run/model/roberta/encoder/layer/0/intermediate/dense/kernel", Layout.TRANSPOSED),
            "classifier.out_proj.weight",
            new DialectName("run/model/classifier/out_proj/kernel", Layout.TRANSPOSED)),
        naming.sources());
  }

  @Test
  void aHeadlessModelMayDoWithoutItsFirstWord() {
    List<String> names = List.of("embeddings.word_embeddings.weight", "pooler.dense.bias");
    Naming naming =
        Naming.find(names, Set.of(Dialect.PYTORCH), Optional.of(Family.ELECTRA)).orElseThrow();
    assertFalse(naming.named());
    assertEquals(Set.of("electra.embeddings.word_embeddings.weight"), naming.sources().keySet());
    assertEquals(
        Family.BERT,
        Naming.find(names, Set.of(Dialect.PYTORCH), Optional.empty()).orElseThrow().family());
  }

  @Test
  void buffersAreNoWeights() {
    assertTrue(NameTable.of(Family.BERT).isBuffer("bert.embeddings.position_ids"));
    assertTrue(NameTable.of(Family.BERT).isBuffer("embeddings.position_ids"));
    assertTrue(NameTable.of(Family.GPT2).isBuffer("transformer.h.3.attn.masked_bias"));
    assertFalse(NameTable.of(Family.GPT2).isBuffer("transformer.h.3.attn.c_attn.bias"));
    assertEquals("transformer.wte.weight", NameTable.of(Family.GPT2).tied().get("lm_head.weight"));
  }
}
