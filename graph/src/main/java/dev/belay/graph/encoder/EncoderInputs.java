package dev.belay.graph.encoder;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;

/**
 * What an encoder reads, of any batch and any length.
 *
 * @param ids of tokens, [B, T]
 * @param mask 1 for tokens, 0 for padding, [B, T]
 * @param types 0 for the first text, 1 for the second, [B, T]; empty where the family has none
 */
record EncoderInputs(Operand<TInt32> ids, Operand<TInt32> mask, Optional<Operand<TInt32>> types) {

  /** Placeholders under the names that the field uses. */
  static EncoderInputs of(Ops tf, boolean withTypes) {
    return new EncoderInputs(
        placeholder(tf, "input_ids"),
        placeholder(tf, "attention_mask"),
        withTypes ? Optional.of(placeholder(tf, "token_type_ids")) : Optional.empty());
  }

  private static Operand<TInt32> placeholder(Ops tf, String name) {
    Shape open = Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE);
    return tf.withName(name).placeholder(TInt32.class, Placeholder.shape(open));
  }

  Map<String, Output<?>> named() {
    Map<String, Output<?>> named = new LinkedHashMap<>();
    named.put("input_ids", ids.asOutput());
    named.put("attention_mask", mask.asOutput());
    types.ifPresent(present -> named.put("token_type_ids", present.asOutput()));
    return named;
  }
}
