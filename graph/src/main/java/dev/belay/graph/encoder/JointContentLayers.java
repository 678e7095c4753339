package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.types.TFloat32;

/**
 * Layers of DeBERTa's version 1: one product for query, key and value of each head, with biases of
 * queries and values; distances have layers of their own.
 */
final class JointContentLayers implements ContentLayers {
  private final int heads;
  private final int size;
  private final Dense joint;
  private final Operand<TFloat32> queryBias;
  private final Operand<TFloat32> valueBias;
  private final Optional<Dense> distanceKey;
  private final Optional<Dense> distanceQuery;

  JointContentLayers(Parameters parameters, DisentangledEncoderSpec spec) {
    EncoderSpec.Sizes sizes = spec.encoder().sizes();
    int hidden = sizes.hidden();
    this.heads = sizes.heads();
    this.size = hidden / heads;
    Parameters own = parameters.within("attention.self");
    this.joint = Dense.declareWithoutBias(own, "in_proj", hidden, 3L * hidden);
    this.queryBias = own.bias("q_bias", hidden);
    this.valueBias = own.bias("v_bias", hidden);
    boolean reads = spec.attention().distances().isPresent();
    this.distanceKey =
        reads && spec.attention().byKeys()
            ? Optional.of(Dense.declareWithoutBias(own, "pos_proj", hidden, hidden))
            : Optional.empty();
    this.distanceQuery =
        reads && spec.attention().byQueries()
            ? Optional.of(Dense.declare(own, "pos_q_proj", hidden, hidden))
            : Optional.empty();
  }

  @Override
  public Heads.Projected project(ForwardContext pass, EncoderBlock.Rows rows) {
    Ops tf = pass.tf();
    Operand<TFloat32> together =
        tf.reshape(
            joint.apply(pass, rows.all()), tf.constant(new int[] {-1, heads, 3, size})); // [M, ..]
    List<Output<TFloat32>> each = tf.unstack(together, 3L, Unstack.axis(2L)).output();
    Operand<TFloat32> queries = tf.math.add(flat(tf, each.get(0)), queryBias); // [M, A * D]
    Operand<TFloat32> values = tf.math.add(flat(tf, each.get(2)), valueBias);
    PackedTokens tokens = rows.tokens();
    return new Heads.Projected(
        rows.asksAll() ? tokens.unpack(tf, queries) : tokens.first(tf, queries, rows.keys()),
        tokens.unpack(tf, flat(tf, each.get(1))),
        tokens.unpack(tf, values));
  }

  private Operand<TFloat32> flat(Ops tf, Operand<TFloat32> perHead) {
    return tf.reshape(perHead, tf.constant(new int[] {-1, heads * size}));
  }

  @Override
  public Operand<TFloat32> keys(ForwardContext pass, Operand<TFloat32> distances) {
    return distanceKey.orElseThrow().apply(pass, distances);
  }

  @Override
  public Operand<TFloat32> queries(ForwardContext pass, Operand<TFloat32> distances) {
    return distanceQuery.orElseThrow().apply(pass, distances);
  }
}
