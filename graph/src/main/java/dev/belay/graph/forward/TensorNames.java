package dev.belay.graph.forward;

/** Names of the inputs and outputs of the models that are built from layers. */
public final class TensorNames {
  /** Token ids, [B, T]. */
  public static final String INPUT_IDS = "input_ids";

  /**
   * 1 for tokens, 0 for padding, [B, T]; an encoder leaves out padding of {@link
   * dev.belay.graph.layer.PackedTokens#LEFT_OUT}.
   */
  public static final String ATTENTION_MASK = "attention_mask";

  /** 0 for the first text, 1 for the second, [B, T]. */
  public static final String TOKEN_TYPE_IDS = "token_type_ids";

  /** Input of a decoder that follows an encoder: a start token, then its target, [B, S]. */
  public static final String DECODER_INPUT_IDS = "decoder_input_ids";

  /**
   * Logits of each position, [B, T, V]. Nothing is shifted: the label of a position is the token
   * after it.
   */
  public static final String LOGITS = "logits";

  /** Logits of the token after the last one of each example, [B, V]. */
  public static final String NEXT_LOGITS = "next_logits";

  /** Input of a head for tokens, [B, T, H], or for whole examples, [B, H]. */
  public static final String FEATURES = "features";

  /** The rows after the embeddings; with a number appended, those after that layer, [N, H]. */
  public static final String STATE = "state_";

  private TensorNames() {}
}
