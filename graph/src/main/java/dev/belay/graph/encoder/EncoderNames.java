package dev.belay.graph.encoder;

/**
 * Names of an encoder's weights: PyTorch's names of each family, to which Belay's name tables map
 * every other dialect.
 *
 * @param base prefix of all names
 * @param projection of embeddings to the hidden size, for families that factorise them
 * @param block a block by its group and its number within it
 * @param query of the attention, and so on in the order of the data
 * @param distances what attention reads of them, in each block or, for MPNet, once for all
 */
public record EncoderNames(
    String base,
    String projection,
    String block,
    String query,
    String key,
    String value,
    String distances,
    String attentionOutput,
    String attentionNorm,
    String intermediate,
    String output,
    String outputNorm) {
  public static final EncoderNames BERT = likeBert("bert");
  public static final EncoderNames ROBERTA = likeBert("roberta");
  public static final EncoderNames ELECTRA = likeBert("electra");
  public static final EncoderNames DISTILBERT =
      new EncoderNames(
          "distilbert",
          "",
          "transformer.layer.%1$d",
          "attention.q_lin",
          "attention.k_lin",
          "attention.v_lin",
          "attention.distance_embedding",
          "attention.out_lin",
          "sa_layer_norm",
          "ffn.lin1",
          "ffn.lin2",
          "output_layer_norm");
  public static final EncoderNames ALBERT =
      new EncoderNames(
          "albert",
          "encoder.embedding_hidden_mapping_in",
          "encoder.albert_layer_groups.%1$d.albert_layers.%2$d",
          "attention.query",
          "attention.key",
          "attention.value",
          "attention.distance_embedding",
          "attention.dense",
          "attention.LayerNorm",
          "ffn",
          "ffn_output",
          "full_layer_layer_norm");

  public static final EncoderNames MPNET =
      new EncoderNames(
          "mpnet",
          "",
          "encoder.layer.%1$d",
          "attention.attn.q",
          "attention.attn.k",
          "attention.attn.v",
          "encoder.relative_attention_bias",
          "attention.attn.o",
          "attention.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  public static final EncoderNames DEBERTA_V2 =
      new EncoderNames(
          "deberta",
          "embeddings.embed_proj",
          "encoder.layer.%1$d",
          "attention.self.query_proj",
          "attention.self.key_proj",
          "attention.self.value_proj",
          "encoder.rel_embeddings",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  private static EncoderNames likeBert(String base) {
    return new EncoderNames(
        base,
        "embeddings_project",
        "encoder.layer.%1$d",
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.self.distance_embedding",
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm");
  }

  String block(int group, int inner) {
    return block.formatted(group, inner);
  }
}
