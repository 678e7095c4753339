package dev.belay.graph.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecayRuleTest {

  @ParameterizedTest
  @CsvSource({
    "bert/encoder/layer_._0/attention/self/query/kernel, true",
    "bert/embeddings/word_embeddings/weight, true",
    "bert/encoder/layer_._0/output/LayerNorm/gamma, false",
    "t5/block_._0/layer_._0/layer_norm/weight, false",
    "bert/pooler/dense/bias, false",
    "layer_normalization_3/beta, false",
    "model.layers.0.input_layernorm.weight, false",
    "model.layers.0.attn_norm.weight, false",
    "model.final_norm.weight, false",
    "model.norm.weight, false",
    "model.layers.0.mlp.Wi.weight, true",
    "head/kernel, true"
  })
  void sparesBiasesAndNormalisation(String name, boolean decays) {
    assertEquals(decays, DecayRule.ofWeights(0.01).decays(name));
    assertEquals(false, DecayRule.ofWeights(0).decays(name));
  }

  @Test
  void refusesANegativeRate() {
    assertEquals(
        "The weight decay must be a finite number of 0 or more, such as 0.01; found -0.1.",
        assertThrows(IllegalArgumentException.class, () -> DecayRule.ofWeights(-0.1)).getMessage());
  }
}
