package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.Family;
import java.util.List;

/**
 * Keys of a family's numbers in config.json; null where it has no such number.
 *
 * @param embedding width of an embedding, where it can differ from the hidden size
 */
record Keys(
    String hidden,
    String embedding,
    String layers,
    String heads,
    String intermediate,
    String positions,
    String types,
    String activation,
    String normEpsilon,
    DropoutKeys dropouts) {

  /** The same for dropouts. */
  record DropoutKeys(String hidden, String attention, String embedding, String classifier) {}

  private static final DropoutKeys BERT_DROPOUTS =
      new DropoutKeys(
          "hidden_dropout_prob", "attention_probs_dropout_prob", null, "classifier_dropout");

  private static final String TYPES = "type_vocab_size";

  private static final Keys BERT = bert(null, TYPES, BERT_DROPOUTS);

  private static final Keys MPNET =
      bert(
          null,
          null,
          new DropoutKeys("hidden_dropout_prob", "attention_probs_dropout_prob", null, null));

  private static final Keys MODERNBERT =
      new Keys(
          "hidden_size",
          null,
          "num_hidden_layers",
          "num_attention_heads",
          "intermediate_size",
          "max_position_embeddings",
          null,
          "hidden_activation",
          "norm_eps",
          new DropoutKeys(
              "mlp_dropout", "attention_dropout", "embedding_dropout", "classifier_dropout"));

  private static final Keys DEBERTA =
      bert(
          "embedding_size",
          TYPES,
          new DropoutKeys(
              "hidden_dropout_prob", "attention_probs_dropout_prob", null, "cls_dropout"));

  private static final Keys LLAMA =
      new Keys(
          "hidden_size",
          null,
          "num_hidden_layers",
          "num_attention_heads",
          "intermediate_size",
          "max_position_embeddings",
          null,
          "hidden_act",
          "rms_norm_eps",
          new DropoutKeys(null, "attention_dropout", null, null));

  private static final Keys GPT_NEOX =
      bert(
          null,
          null,
          new DropoutKeys("hidden_dropout", "attention_dropout", null, "classifier_dropout"));

  private static final Keys BART =
      new Keys(
          "d_model",
          null,
          "encoder_layers",
          "encoder_attention_heads",
          "encoder_ffn_dim",
          "max_position_embeddings",
          null,
          "activation_function",
          null,
          new DropoutKeys("dropout", "attention_dropout", null, "classifier_dropout"));

  private static Keys bert(String embedding, String types, DropoutKeys dropouts) {
    return new Keys(
        "hidden_size",
        embedding,
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        types,
        "hidden_act",
        "layer_norm_eps",
        dropouts);
  }

  static Keys of(Family family) {
    return switch (family) {
      case BERT, ROBERTA -> BERT;
      case ELECTRA -> bert("embedding_size", TYPES, BERT_DROPOUTS);
      case ALBERT ->
          bert(
              "embedding_size",
              TYPES,
              new DropoutKeys(
                  "hidden_dropout_prob",
                  "attention_probs_dropout_prob",
                  null,
                  "classifier_dropout_prob"));
      case MPNET -> MPNET;
      case MODERNBERT -> MODERNBERT;
      case DEBERTA, DEBERTA_V2 -> DEBERTA;
      case DISTILBERT ->
          new Keys(
              "dim",
              null,
              "n_layers",
              "n_heads",
              "hidden_dim",
              "max_position_embeddings",
              null,
              "activation",
              null,
              new DropoutKeys("dropout", "attention_dropout", null, "seq_classif_dropout"));
      case GPT2 ->
          new Keys(
              "n_embd",
              null,
              "n_layer",
              "n_head",
              "n_inner",
              "n_positions",
              null,
              "activation_function",
              "layer_norm_epsilon",
              new DropoutKeys("resid_pdrop", "attn_pdrop", "embd_pdrop", null));
      case LLAMA -> LLAMA;
      case GPT_NEOX -> GPT_NEOX;
      case BART -> BART;
      case T5 ->
          new Keys(
              "d_model",
              null,
              "num_layers",
              "num_heads",
              "d_ff",
              null,
              null,
              "feed_forward_proj",
              "layer_norm_epsilon",
              new DropoutKeys("dropout_rate", "dropout_rate", null, null));
    };
  }

  /** The keys of google-research's BERT and ALBERT; Hugging Face added the others. */
  static final List<String> TF1 =
      List.of(
          "attention_probs_dropout_prob",
          "embedding_size",
          "hidden_act",
          "hidden_dropout_prob",
          "hidden_size",
          "initializer_range",
          "inner_group_num",
          "intermediate_size",
          "max_position_embeddings",
          "num_attention_heads",
          "num_hidden_groups",
          "num_hidden_layers",
          "type_vocab_size",
          "vocab_size");
}
