package dev.belay.train.norm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerNamesTest {

  @ParameterizedTest
  @CsvSource({
    // google-research/bert
    "bert/embeddings/word_embeddings, embeddings",
    "bert/embeddings/LayerNorm/gamma, embeddings",
    "bert/encoder/layer_3/attention/self/query/kernel, encoder/layer_3",
    "bert/encoder/layer_11/output/LayerNorm/beta, encoder/layer_11",
    "bert/pooler/dense/kernel, pooler",
    "cls/predictions/transform/dense/kernel, predictions",
    "output_weights, output",
    "output_bias, output",
    // Hugging Face TensorFlow
    "tf_bert_for_sequence_classification/bert/encoder/layer_._0/attention/self/query/kernel,"
        + " encoder/layer_0",
    "tf_bert_for_sequence_classification_1/bert/embeddings/token_type_embeddings/embeddings,"
        + " embeddings",
    "tf_bert_for_sequence_classification/bert/pooler/dense/bias, pooler",
    "tf_bert_for_sequence_classification/classifier/kernel, classifier",
    "tf_distil_bert_for_sequence_classification/distilbert/transformer/layer_._5/ffn/lin1/kernel,"
        + " transformer/layer_5",
    "tf_distil_bert_for_sequence_classification/pre_classifier/kernel, pre_classifier",
    "tf_albert_model/albert/encoder/albert_layer_groups_._0/albert_layers_._0/ffn/kernel,"
        + " encoder/albert_layer_groups_0",
    "tfgpt2lm_head_model/transformer/h_._2/attn/c_attn/weight, transformer/h_2",
    "tfgpt2lm_head_model/transformer/wte/weight, embeddings",
    "tfgpt2lm_head_model/transformer/ln_f/gamma, ln_f",
    "tft5_for_conditional_generation/encoder/block_._0/layer_._1/DenseReluDense/wi/kernel,"
        + " encoder/block_0",
    "tft5_for_conditional_generation/decoder/block_._3/layer_._0/SelfAttention/q/kernel,"
        + " decoder/block_3",
    "tft5_for_conditional_generation/shared/shared/weight, embeddings",
    // Keras
    "transformer_block_1/multi_head_attention/query/kernel:0, transformer_block_1",
    "token_and_position_embedding/embedding_1/embeddings:0, embeddings",
    "encoder_layer_2/layer_normalization_5/gamma:0, encoder_layer_2",
    "layer_normalization_5/gamma:0, layer_normalization_5",
    "dense_1/kernel:0, dense_1",
    "dense_1/bias#17, dense_1",
    // PyTorch
    "bert.encoder.layer.3.attention.self.query.weight, encoder/layer_3",
    "bert.embeddings.word_embeddings.weight, embeddings",
    "classifier.weight, classifier",
    "transformer.h.0.attn.c_attn.weight, transformer/h_0",
    // odd ones
    "kernel, kernel",
    "/, /",
    "图层/权重, 图层",
  })
  void theNameSaysTheLayer(String variable, String layer) {
    assertEquals(layer, LayerNames.layerOf(variable));
  }
}
