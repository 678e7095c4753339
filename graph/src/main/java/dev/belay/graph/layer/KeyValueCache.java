package dev.belay.graph.layer;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.PlaceholderWithDefault;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Keys and values of the tokens before those of a call, for each layer: fed, or empty if they are
 * not. The layers of the call add those of its own tokens, which the next call is fed with.
 */
public final class KeyValueCache {
  private static final int TOKENS = 2; // axis of the tokens

  private final SequenceShape total;
  private final List<Layer> layers = new ArrayList<>();

  /**
   * A cache without layers.
   *
   * @param total B, and the number of all tokens, P + T
   */
  public KeyValueCache(SequenceShape total) {
    this.total = total;
  }

  /**
   * Keys and values of heads.
   *
   * @param keys [B, heads, tokens, D]
   * @param values [B, heads, tokens, D]
   */
  public record KeyValues(Operand<TFloat32> keys, Operand<TFloat32> values) {}

  /**
   * One layer of the cache.
   *
   * @param before those of the P tokens before the call, to be fed
   * @param after those of all tokens
   */
  public record Layer(KeyValues before, KeyValues after) {}

  /** B, and the number of all tokens. */
  public SequenceShape total() {
    return total;
  }

  /** Adds the keys and values of a layer's tokens to those before them, and returns all. */
  KeyValues extend(Ops tf, KeyValues own, int heads, int size) {
    KeyValues before =
        new KeyValues(none(tf, heads, size), none(tf, heads, size)); // [B, heads, P, D]
    Operand<TInt32> axis = tf.constant(TOKENS);
    KeyValues after =
        new KeyValues(
            tf.concat(List.of(before.keys(), own.keys()), axis),
            tf.concat(List.of(before.values(), own.values()), axis)); // [B, heads, P + T, D]
    layers.add(new Layer(before, after));
    return after;
  }

  /** A tensor to feed, which has no tokens if nothing is fed. */
  private Operand<TFloat32> none(Ops tf, int heads, int size) {
    Operand<TInt32> sizes =
        tf.stack(
            List.of(total.batch(), tf.constant(heads), tf.constant(0), tf.constant(size))); // [4]
    return PlaceholderWithDefault.create(
        tf.scope(),
        tf.fill(sizes, tf.constant(0f)),
        Shape.of(Shape.UNKNOWN_SIZE, heads, Shape.UNKNOWN_SIZE, size));
  }

  /** The layers of the call, in their order. */
  public List<Layer> layers() {
    return List.copyOf(layers);
  }
}
