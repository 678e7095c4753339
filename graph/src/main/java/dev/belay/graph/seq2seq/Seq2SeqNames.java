package dev.belay.graph.seq2seq;

import java.util.List;
import java.util.Optional;

/**
 * Names of the weights of an encoder with a decoder, as PyTorch has them.
 *
 * @param base before all but the output's
 * @param layers before the number of a block
 * @param attention of a text to itself
 * @param cross attention to the encoder's output
 * @param encoderFeedForward of the encoder's blocks
 * @param decoderFeedForward of the decoder's blocks
 * @param projections layers of queries, keys and values, and the one after them
 * @param inner first layer of a feed-forward without a gate
 * @param gated first layers of one with a gate: with an activation, and the one it multiplies
 * @param outer last layer of a feed-forward
 * @param lastNorm norm after all blocks, if there is one
 */
public record Seq2SeqNames(
    String base,
    String layers,
    Part attention,
    Part cross,
    Part encoderFeedForward,
    Part decoderFeedForward,
    List<String> projections,
    String inner,
    List<String> gated,
    String outer,
    Optional<String> lastNorm) {

  /**
   * Names of a part of a block.
   *
   * @param place before its other names
   * @param layers before the names of its layers
   * @param norm its norm
   */
  public record Part(String place, String layers, String norm) {
    private static Part ofT5(int number, String layers) {
      return new Part("layer." + number, layers, "layer_norm");
    }

    private static Part ofBart(String layers, String norm) {
      return new Part("", layers, norm);
    }
  }

  public static final Seq2SeqNames T5 =
      new Seq2SeqNames(
          "",
          "block",
          Part.ofT5(0, "SelfAttention"),
          Part.ofT5(1, "EncDecAttention"),
          Part.ofT5(1, "DenseReluDense"),
          Part.ofT5(2, "DenseReluDense"),
          List.of("q", "k", "v", "o"),
          "wi",
          List.of("wi_0", "wi_1"),
          "wo",
          Optional.of("final_layer_norm"));

  public static final Seq2SeqNames BART = bart(Optional.empty());

  public static final Seq2SeqNames MBART = bart(Optional.of("layer_norm"));

  private static Seq2SeqNames bart(Optional<String> lastNorm) {
    Part feedForward = Part.ofBart("", "final_layer_norm");
    return new Seq2SeqNames(
        "model",
        "layers",
        Part.ofBart("self_attn", "self_attn_layer_norm"),
        Part.ofBart("encoder_attn", "encoder_attn_layer_norm"),
        feedForward,
        feedForward,
        List.of("q_proj", "k_proj", "v_proj", "out_proj"),
        "fc1",
        List.of(),
        "fc2",
        lastNorm);
  }

  public Seq2SeqNames {
    projections = List.copyOf(projections);
    gated = List.copyOf(gated);
  }
}
