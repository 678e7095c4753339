package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.ModelType;

/**
 * The kind of a feed-forward layer.
 *
 * @param activation as a file names it: {@code gelu} is the one by erf in Hugging Face's files;
 *     google-research/bert means the one by tanh, which Hugging Face calls {@code gelu_new}, and
 *     both files of one model say {@code gelu}
 * @param gated whether it multiplies by a second, linear projection (T5 1.1)
 */
public record FeedForward(String activation, boolean gated) {
  static final String PROJECTION = "feed_forward_proj";
  static final String ACTIVATION = "dense_act_fn";
  static final String GATED = "is_gated_act";
  private static final String GATE = "gated-";
  private static final String GATED_GELU = "gated-gelu";
  private static final String GELU_TANH = "gelu_new";

  /**
   * T5's, by {@code feed_forward_proj}: an activation, with {@code gated-} before it if it is
   * gated. Files of later versions also say what that means, which counts.
   */
  static FeedForward ofT5(ModelType type, Fields fields) {
    String projection = fields.text(PROJECTION, type == ModelType.MT5 ? GATED_GELU : "relu");
    boolean gated = projection.startsWith(GATE);
    String name = gated ? projection.substring(GATE.length()) : projection;
    // T5 1.1 was published with a name that means the other gelu everywhere else.
    FeedForward meant = new FeedForward(projection.equals(GATED_GELU) ? GELU_TANH : name, gated);
    FeedForward said =
        new FeedForward(
            fields.text(ACTIVATION, meant.activation()), fields.truth(GATED, meant.gated()));
    if (name.contains("-")) {
      fields.problem(
          "'" + PROJECTION + "' is \"" + projection + "\", not ACTIVATION or gated-ACTIVATION");
    }
    if (type == ModelType.MT5 && !said.equals(meant)) {
      fields.problem(
          "'"
              + PROJECTION
              + "' is \""
              + projection
              + "\", and '"
              + ACTIVATION
              + "' and '"
              + GATED
              + "' say otherwise: transformers 4 reads the first, 5 the others; leave one out");
    }
    return said;
  }

  /** T5's {@code feed_forward_proj} of it. */
  String projection() {
    if (gated && activation.equals(GELU_TANH)) {
      return GATED_GELU;
    }
    return (gated ? GATE : "") + activation;
  }
}
