package dev.belay.savedmodel.configuration;

import java.util.List;

/**
 * Blocks of a decoder beside an encoder, where they have other sizes than the encoder's.
 *
 * @param heads of attention
 * @param intermediate width within the feed-forward
 */
public record DecoderBlocks(int heads, int intermediate) {
  private static final String HEADS = "decoder_attention_heads";
  private static final String INTERMEDIATE = "decoder_ffn_dim";

  /** Of a file, whose problems are noted in the fields. */
  static DecoderBlocks read(Sizes sizes, Fields fields) {
    int heads = fields.whole(HEADS);
    int intermediate = fields.whole(INTERMEDIATE);
    for (String key : List.of(HEADS, INTERMEDIATE)) {
      if (fields.whole(key, 1) < 1) {
        fields.problem("'" + key + "' is " + fields.whole(key, 1) + ", and is at least 1");
      }
    }
    if (heads > 0 && sizes.hidden() % heads != 0) {
      fields.problem(
          "'" + HEADS + "' is " + heads + ", no divisor of the hidden size " + sizes.hidden());
    }
    return new DecoderBlocks(heads, intermediate);
  }
}
