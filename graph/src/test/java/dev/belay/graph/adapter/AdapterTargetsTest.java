package dev.belay.graph.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterTargetsTest {
  /** As PEFT, which does not adapt the layers of DeBERTa that project distances. */
  @ParameterizedTest
  @CsvSource({
    "bert.encoder.layer.0.attention.self.query.weight, true",
    "bert.encoder.layer.0.attention.self.key.weight, false",
    "deberta.encoder.layer.0.attention.self.query_proj.weight, true",
    "deberta.encoder.layer.0.attention.self.value_proj.weight, true",
    "deberta.encoder.layer.0.attention.self.pos_query_proj.weight, false",
    "deberta.encoder.layer.0.attention.self.in_proj.weight, true",
    "deberta.encoder.layer.0.attention.self.pos_q_proj.weight, false",
    "model.layers.0.self_attn.q_proj.weight, true",
    "transformer.h.0.attn.c_attn.bias, false"
  })
  void usualWeightsAreThoseOfQueriesAndValues(String weight, boolean taken) {
    assertEquals(taken, AdapterTargets.USUAL_WEIGHTS.takes(weight));
  }
}
