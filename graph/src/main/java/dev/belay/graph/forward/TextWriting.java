package dev.belay.graph.forward;

import dev.belay.graph.layer.KeyValueCache;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Passes that write texts token by token. Keys and values of earlier tokens are the state: {@link
 * #WRITING} makes it, and is fed with that of the run before; {@link #SELECTING} selects rows of
 * it.
 */
public final class TextWriting {
  /**
   * Tokens, {@link #MASK} and state to {@link TensorNames#NEXT_LOGITS}, {@link #TOTAL} and state.
   */
  public static final String WRITING = "writing";

  /** {@link #ROWS} and state to state. */
  public static final String SELECTING = "selecting";

  /** 1 for tokens, 0 for padding, those of the state first, [B, P + T]. */
  public static final String MASK = "written_mask";

  /** Logarithm of the sum of the exponentials of each row of logits, [B]. */
  public static final String TOTAL = "next_total";

  /** Numbers of rows, [R]. */
  public static final String ROWS = "rows";

  private static final String KEYS = "keys_";
  private static final String VALUES = "values_";

  private TextWriting() {}

  /** Logits of the next token, [B, V], with their total. */
  public static Map<String, Output<?>> next(Ops tf, Operand<TFloat32> logits) {
    Operand<TInt32> last = tf.constant(-1);
    Operand<TFloat32> highest = tf.max(logits, last); // [B]
    Operand<TFloat32> above =
        tf.math.exp(tf.math.sub(logits, tf.expandDims(highest, last))); // [B, V]
    Map<String, Output<?>> next = new LinkedHashMap<>();
    next.put(TensorNames.NEXT_LOGITS, logits.asOutput());
    next.put(TOTAL, tf.math.add(highest, tf.math.log(tf.sum(above, last))).asOutput());
    return next;
  }

  /** The state that a pass is fed with, by name. */
  public static Map<String, Output<?>> before(List<KeyValueCache.Layer> layers) {
    return named("", layers.stream().map(KeyValueCache.Layer::before).toList());
  }

  /** The state that a pass makes, by name. */
  public static Map<String, Output<?>> after(List<KeyValueCache.Layer> layers) {
    return named("", layers.stream().map(KeyValueCache.Layer::after).toList());
  }

  /** Keys and values of layers by name. */
  public static Map<String, Output<?>> named(String prefix, List<KeyValueCache.KeyValues> layers) {
    Map<String, Output<?>> named = new LinkedHashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      named.put(prefix + KEYS + i, layers.get(i).keys().asOutput());
      named.put(prefix + VALUES + i, layers.get(i).values().asOutput());
    }
    return named;
  }

  /** A pass that selects rows of all tensors of a state, which have four axes. */
  public static ForwardCall selecting(Ops outer, Collection<String> state) {
    Ops tf = outer.withSubScope(SELECTING);
    Operand<TInt32> rows =
        tf.withName(ROWS)
            .placeholder(TInt32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    inputs.put(ROWS, rows.asOutput());
    for (String name : state) {
      Operand<TFloat32> tensor = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.unknown()));
      inputs.put(name, tensor.asOutput());
      outputs.put(name, tf.gather(tensor, rows, tf.constant(0)).asOutput());
    }
    return new ForwardCall(SELECTING, inputs, outputs, List.of());
  }
}
