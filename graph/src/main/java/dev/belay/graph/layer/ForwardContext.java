package dev.belay.graph.layer;

import dev.belay.graph.recompute.Recomputation;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.random.StatelessRandomUniformFullInt;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint16;

/**
 * Forward pass through the layers. A training pass has dropout, an evaluation has none; both read
 * the same weights.
 */
public final class ForwardContext {
  private static final long SITES = 1_000_003;

  /** Number of values of 16 bits. */
  private static final int DRAWN_VALUES = 1 << 16;

  private final Ops tf;
  private final Optional<Draws> draws;
  private final AtomicLong nextSite;
  private final Optional<HandGradients> hand;
  private final Optional<Recomputation> recomputation;
  private final boolean packed;

  /**
   * Source of dropout masks: drawn by seed, step and site, so that every step can be repeated.
   *
   * @param seed of the run
   * @param step scalar
   * @param firstSite number of the first site; the sites of two passes of one training must differ
   */
  public record Draws(long seed, Operand<TInt64> step, long firstSite) {}

  private ForwardContext(
      Ops tf,
      Optional<Draws> draws,
      AtomicLong nextSite,
      Optional<HandGradients> hand,
      Optional<Recomputation> recomputation,
      boolean packed) {
    this.tf = tf;
    this.draws = draws;
    this.nextSite = nextSite;
    this.hand = hand;
    this.recomputation = recomputation;
    this.packed = packed;
  }

  /** A pass without dropout. */
  public static ForwardContext evaluating(Ops tf) {
    return new ForwardContext(
        tf, Optional.empty(), new AtomicLong(), Optional.empty(), Optional.empty(), false);
  }

  /** A pass with dropout. */
  public static ForwardContext training(Ops tf, Draws draws) {
    return new ForwardContext(
        tf,
        Optional.of(draws),
        new AtomicLong(draws.firstSite()),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /**
   * The same pass, where layers may leave gradients that are written by hand. The gradient of what
   * comes out of it must cross them.
   */
  public ForwardContext differentiated(HandGradients gradients) {
    return new ForwardContext(tf, draws, nextSite, Optional.of(gradients), recomputation, packed);
  }

  /** Returns whether a gradient is taken through this pass that crosses gradients by hand. */
  public boolean isDifferentiated() {
    return hand.isPresent();
  }

  /** Where layers leave gradients that are written by hand; empty if they must not. */
  Optional<HandGradients> hand() {
    return hand;
  }

  /** The same pass, whose blocks are computed again in the backward pass. */
  public ForwardContext recomputing(Recomputation blocks) {
    return new ForwardContext(tf, draws, nextSite, hand, Optional.of(blocks), packed);
  }

  /** The same pass, of rows that hold several examples, which the attention mask numbers. */
  public ForwardContext ofPackedRows() {
    return new ForwardContext(tf, draws, nextSite, hand, recomputation, true);
  }

  /** Whether rows hold several examples. */
  public boolean isOfPackedRows() {
    return packed;
  }

  /** The scope for new nodes. */
  public Ops tf() {
    return tf;
  }

  /** The same pass, with its nodes in a scope of that name. */
  public ForwardContext within(String scope) {
    return new ForwardContext(tf.withSubScope(scope), draws, nextSite, hand, recomputation, packed);
  }

  /** Layers of a block. */
  @FunctionalInterface
  public interface Block {
    /** Adds the layers to a pass. */
    Operand<TFloat32> apply(ForwardContext pass, List<Operand<TFloat32>> inputs);
  }

  /**
   * Adds a block, which the backward pass computes again if this pass says so.
   *
   * @param inputs every tensor that the block reads and that may depend on a weight, except its own
   *     weights
   */
  public Operand<TFloat32> block(String scope, List<Operand<TFloat32>> inputs, Block block) {
    if (recomputation.isEmpty()) {
      return block.apply(within(scope), inputs);
    }
    long site = nextSite.get();
    HandGradients unread = new HandGradients(); // the gradient does not pass the first copy
    HandGradients inner = new HandGradients();
    return recomputation
        .get()
        .block(
            tf,
            inputs,
            (first, read) -> block.apply(plain(first, nextSite, unread).within(scope), read),
            new Recomputation.Again(
                (again, read) ->
                    block.apply(plain(again, new AtomicLong(site), inner).within(scope), read),
                inner::gaps));
  }

  /**
   * A tensor that depends on a weight and that several blocks, or several branches of one, read.
   * Their gradients are added up here, in the same order with and without recomputation.
   */
  public Operand<TFloat32> shared(Operand<TFloat32> tensor) {
    if (recomputation.isPresent()) {
      return recomputation.get().shared(tf, tensor);
    }
    return hand.isPresent()
        ? hand.get().cut(tf, tensor, List.of(tensor), (ops, incoming) -> List.of(incoming))
        : tensor;
  }

  private ForwardContext plain(Ops scope, AtomicLong site, HandGradients gradients) {
    return new ForwardContext(
        scope, draws, site, hand.map(outer -> gradients), Optional.empty(), packed);
  }

  /**
   * Sets each element to 0 with probability {@code rate}, rounded to a multiple of 2^-16, and
   * divides the others by the probability that they are kept, in training; else passes it on.
   */
  public Operand<TFloat32> dropout(Operand<TFloat32> x, double rate) {
    if (draws.isEmpty() || rate == 0) {
      return x;
    }
    int keep = (int) Math.max(1, Math.round((1 - rate) * DRAWN_VALUES)); // of all values
    Operand<TFloat32> factor =
        tf.math.mul(
            tf.dtypes.cast(kept(x, keep), TFloat32.class),
            tf.constant((float) DRAWN_VALUES / keep));
    return tf.math.mul(x, factor);
  }

  /**
   * Draws a number of 16 bits for each element, and tells whether it is one of the {@code keep}
   * least. One draw of 32 bits serves two elements.
   */
  private Operand<TBool> kept(Operand<TFloat32> x, int keep) {
    long site = draws.orElseThrow().seed() * SITES + nextSite.getAndIncrement();
    Operand<TInt64> pair = tf.stack(List.of(tf.constant(site), draws.get().step())); // [2]
    Operand<TInt32> flat = tf.constant(new int[] {-1});
    Operand<TInt32> size = tf.reshape(tf.size(x), tf.constant(new int[] {1})); // [1]
    Operand<TInt32> pairs =
        tf.math.floorDiv(tf.math.add(size, tf.constant(1)), tf.constant(2)); // [1]
    Operand<TInt32> bits =
        StatelessRandomUniformFullInt.create(tf.scope(), pairs, pair, TInt32.class);
    Operand<TUint16> halves = tf.reshape(tf.bitcast(bits, TUint16.class), flat);
    Operand<TBool> each =
        tf.math.lessEqual(halves, tf.dtypes.cast(tf.constant(keep - 1), TUint16.class));
    // Compared first: TensorFlow has no Slice of uint16 for GPUs.
    return tf.reshape(tf.slice(each, tf.constant(new int[] {0}), size), tf.shape(x));
  }
}
