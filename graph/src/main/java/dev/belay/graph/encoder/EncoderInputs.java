package dev.belay.graph.encoder;

import dev.belay.graph.forward.LayeredForward;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;

/**
 * Inputs of an encoder, for any batch size and any length.
 *
 * @param ids of tokens, [B, T]
 * @param mask 1 for tokens, 0 for padding, [B, T]
 * @param types 0 for the first text, 1 for the second, [B, T]; empty where the family has none
 */
record EncoderInputs(Operand<TInt32> ids, Operand<TInt32> mask, Optional<Operand<TInt32>> types) {

  /** Placeholders under the usual names. */
  static EncoderInputs of(Ops tf, boolean withTypes) {
    return new EncoderInputs(
        LayeredForward.tokens(tf, "input_ids"),
        LayeredForward.tokens(tf, "attention_mask"),
        withTypes ? Optional.of(LayeredForward.tokens(tf, "token_type_ids")) : Optional.empty());
  }

  Map<String, Output<?>> named() {
    Map<String, Output<?>> named = new LinkedHashMap<>();
    named.put("input_ids", ids.asOutput());
    named.put("attention_mask", mask.asOutput());
    types.ifPresent(present -> named.put("token_type_ids", present.asOutput()));
    return named;
  }
}
