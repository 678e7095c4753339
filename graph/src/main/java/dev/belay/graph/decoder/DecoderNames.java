package dev.belay.graph.decoder;

import java.util.List;

/**
 * Names of a decoder's weights, as PyTorch has them.
 *
 * @param base before all but the output's
 * @param words table of words
 * @param layers before the number of a block
 * @param attentionNorm norm before the attention
 * @param projections layer of queries, keys and values; or a layer of each
 * @param attentionOutput layer after the attention
 * @param feedForwardNorm norm before the feed-forward
 * @param inner first layers of the feed-forward: with an activation, and the one it multiplies
 * @param outer last layer of the feed-forward
 * @param norm after all blocks
 * @param output separate table of the output
 */
public record DecoderNames(
    String base,
    String words,
    String layers,
    String attentionNorm,
    List<String> projections,
    String attentionOutput,
    String feedForwardNorm,
    List<String> inner,
    String outer,
    String norm,
    String output) {

  public static final DecoderNames GPT2 =
      new DecoderNames(
          "transformer",
          "wte.weight",
          "h",
          "ln_1",
          List.of("attn.c_attn"),
          "attn.c_proj",
          "ln_2",
          List.of("mlp.c_fc"),
          "mlp.c_proj",
          "ln_f",
          "lm_head");

  public static final DecoderNames LLAMA =
      new DecoderNames(
          "model",
          "embed_tokens.weight",
          "layers",
          "input_layernorm",
          List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
          "self_attn.o_proj",
          "post_attention_layernorm",
          List.of("mlp.gate_proj", "mlp.up_proj"),
          "mlp.down_proj",
          "norm",
          "lm_head");

  public static final DecoderNames GPT_NEOX =
      new DecoderNames(
          "gpt_neox",
          "embed_in.weight",
          "layers",
          "input_layernorm",
          List.of("attention.query_key_value"),
          "attention.dense",
          "post_attention_layernorm",
          List.of("mlp.dense_h_to_4h"),
          "mlp.dense_4h_to_h",
          "final_layer_norm",
          "embed_out");

  public DecoderNames {
    projections = List.copyOf(projections);
    inner = List.copyOf(inner);
  }
}
