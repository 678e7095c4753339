package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Layers of DeBERTa's versions 2 and 3: one each for queries, keys and values. Distances have
 * layers of their own, or those of queries and keys.
 */
final class SeparateContentLayers implements ContentLayers {
  private final Dense query;
  private final Dense key;
  private final Dense value;
  private final Optional<Dense> distanceKey;
  private final Optional<Dense> distanceQuery;

  SeparateContentLayers(Parameters parameters, DisentangledEncoderSpec spec) {
    EncoderNames names = spec.encoder().names();
    DisentangledEncoderSpec.Attention attention = spec.attention();
    this.query = declare(parameters, spec, names.query());
    this.key = declare(parameters, spec, names.key());
    this.value = declare(parameters, spec, names.value());
    boolean own =
        attention.distances().isPresent()
            && attention.layers() == DisentangledEncoderSpec.Layers.APART;
    this.distanceKey =
        own && attention.byKeys()
            ? Optional.of(declare(parameters, spec, "attention.self.pos_key_proj"))
            : Optional.empty();
    this.distanceQuery =
        own && attention.byQueries()
            ? Optional.of(declare(parameters, spec, "attention.self.pos_query_proj"))
            : Optional.empty();
  }

  private static Dense declare(Parameters parameters, DisentangledEncoderSpec spec, String name) {
    int hidden = spec.encoder().sizes().hidden();
    return Dense.declare(parameters, name, hidden, hidden);
  }

  @Override
  public Heads.Projected project(ForwardContext pass, EncoderBlock.Rows rows) {
    Ops tf = pass.tf();
    PackedTokens tokens = rows.tokens();
    Operand<TFloat32> queries = query.apply(pass, rows.asked());
    return new Heads.Projected(
        rows.asksAll() ? tokens.unpack(tf, queries) : queries,
        tokens.unpack(tf, key.apply(pass, rows.all())),
        tokens.unpack(tf, value.apply(pass, rows.all())));
  }

  @Override
  public Operand<TFloat32> keys(ForwardContext pass, Operand<TFloat32> distances) {
    return distanceKey.orElse(key).apply(pass, distances);
  }

  @Override
  public Operand<TFloat32> queries(ForwardContext pass, Operand<TFloat32> distances) {
    return distanceQuery.orElse(query).apply(pass, distances);
  }
}
