package dev.belay.graph.encoder;

import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
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
 * @param mask 1 for tokens, 0 for tokens that are hidden from others, {@link
 *     dev.belay.graph.layer.PackedTokens#LEFT_OUT} for padding that is not computed, [B, T]
 * @param types 0 for the first text, 1 for the second, [B, T]; empty where the family has none
 */
record EncoderInputs(Operand<TInt32> ids, Operand<TInt32> mask, Optional<Operand<TInt32>> types) {

  /** Placeholders under the usual names. */
  static EncoderInputs of(Ops tf, boolean withTypes) {
    return new EncoderInputs(
        LayeredForward.tokens(tf, TensorNames.INPUT_IDS),
        LayeredForward.tokens(tf, TensorNames.ATTENTION_MASK),
        withTypes
            ? Optional.of(LayeredForward.tokens(tf, TensorNames.TOKEN_TYPE_IDS))
            : Optional.empty());
  }

  Map<String, Output<?>> named() {
    Map<String, Output<?>> named = new LinkedHashMap<>();
    named.put(TensorNames.INPUT_IDS, ids.asOutput());
    named.put(TensorNames.ATTENTION_MASK, mask.asOutput());
    types.ifPresent(present -> named.put(TensorNames.TOKEN_TYPE_IDS, present.asOutput()));
    return named;
  }
}
