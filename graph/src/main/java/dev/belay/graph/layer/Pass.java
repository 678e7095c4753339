package dev.belay.graph.layer;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.random.StatelessRandomUniform;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Forward pass through the layers. A training pass has dropout, an evaluation has none; both read
 * the same weights.
 */
public final class Pass {
  private static final long SITES = 1_000_003;

  private final Ops tf;
  private final Optional<Draws> draws;
  private final AtomicLong nextSite;

  /**
   * Source of dropout masks: drawn by seed, step and site, so that every step can be repeated.
   *
   * @param seed of the run
   * @param step scalar
   * @param firstSite number of the first site; the sites of two passes of one training must differ
   */
  public record Draws(long seed, Operand<TInt64> step, long firstSite) {}

  private Pass(Ops tf, Optional<Draws> draws, AtomicLong nextSite) {
    this.tf = tf;
    this.draws = draws;
    this.nextSite = nextSite;
  }

  /** A pass without dropout. */
  public static Pass evaluating(Ops tf) {
    return new Pass(tf, Optional.empty(), new AtomicLong());
  }

  /** A pass with dropout. */
  public static Pass training(Ops tf, Draws draws) {
    return new Pass(tf, Optional.of(draws), new AtomicLong(draws.firstSite()));
  }

  /** The scope for new nodes. */
  public Ops tf() {
    return tf;
  }

  /** The same pass, with its nodes in a scope of that name. */
  public Pass within(String scope) {
    return new Pass(tf.withSubScope(scope), draws, nextSite);
  }

  /**
   * Sets each element to 0 with probability {@code rate} and divides the others by {@code 1 -
   * rate}, in training; else passes it on.
   */
  public Operand<TFloat32> dropout(Operand<TFloat32> x, double rate) {
    if (draws.isEmpty() || rate == 0) {
      return x;
    }
    float keep = (float) (1 - rate);
    long site = draws.get().seed() * SITES + nextSite.getAndIncrement();
    Operand<TInt64> pair = tf.stack(List.of(tf.constant(site), draws.get().step())); // [2]
    Operand<TFloat32> drawn = StatelessRandomUniform.create(tf.scope(), tf.shape(x), pair);
    Operand<TBool> kept = tf.math.less(drawn, tf.constant(keep));
    Operand<TFloat32> factor =
        tf.math.mul(tf.dtypes.cast(kept, TFloat32.class), tf.constant(1 / keep));
    return tf.math.mul(x, factor);
  }
}
