package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.JointDense;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Visible;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Attention and feed-forward, each added to its input and then normalised. */
final class EncoderBlock {
  private final Heads heads;
  private final Dense query;
  private final Dense key;
  private final Dense value;
  private final Optional<RelativeKeys> distances;
  private final PostNormLayers rest;

  EncoderBlock(Parameters parameters, EncoderSpec spec) {
    EncoderNames names = spec.names();
    int hidden = spec.sizes().hidden();
    int count = spec.sizes().heads();
    this.heads = Heads.scaled(count, hidden / count, spec.dropout().attention());
    this.query = Dense.declare(parameters, names.query(), hidden, hidden);
    this.key = Dense.declare(parameters, names.key(), hidden, hidden);
    this.value = Dense.declare(parameters, names.value(), hidden, hidden);
    this.distances =
        spec.positions()
            .relative()
            .map(
                form ->
                    RelativeKeys.declare(
                        parameters,
                        names.distances(),
                        spec.sizes().positions(),
                        hidden / count,
                        form));
    this.rest = new PostNormLayers(parameters, spec);
  }

  /**
   * The needed rows, [M, H] or [B, H].
   *
   * @param bias of the attention, [B, 1, 1 or Q, T]
   */
  Operand<TFloat32> apply(ForwardContext outer, Rows rows, Operand<TFloat32> bias) {
    ForwardContext pass = outer.within("attention");
    Operand<TFloat32> context = attend(pass, rows, bias); // [M or B, H]
    return rest.apply(outer, pass, context, rows.asked());
  }

  private Operand<TFloat32> attend(ForwardContext pass, Rows rows, Operand<TFloat32> bias) {
    boolean joins =
        pass.isDifferentiated()
            && distances.isEmpty()
            && JointDense.canJoin(List.of(query, key, value));
    Operand<TFloat32> context =
        joins ? attendJointly(pass, rows, bias) : attendApart(pass, rows, bias);
    return rows.asksAll() ? rows.tokens().pack(pass.tf(), context) : context;
  }

  /** One product for queries, keys and values, or for keys and values if few queries are asked. */
  private Operand<TFloat32> attendJointly(ForwardContext pass, Rows rows, Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    // Scaled weights are fewer numbers than scaled queries.
    Dense scaled = query.scaled(tf, heads.scale());
    Heads unscaled = new Heads(heads.count(), heads.size(), 1, heads.dropout());
    if (rows.asksAll()) {
      JointDense all = new JointDense(List.of(scaled, key, value));
      return unscaled.attendTogether(
          pass,
          rows.tokens().unpack(tf, all.apply(tf, rows.all())),
          Heads.Together.BY_KIND,
          Visible.of(rows.keys(), Optional.of(bias)));
    }
    JointDense pairs = new JointDense(List.of(key, value));
    return unscaled.attendPairs(
        pass,
        scaled.apply(pass, rows.asked()),
        rows.tokens().unpack(tf, pairs.apply(tf, rows.all())),
        new Heads.Between(rows.queries(), rows.keys()),
        bias);
  }

  private Operand<TFloat32> attendApart(ForwardContext pass, Rows rows, Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    PackedTokens tokens = rows.tokens();
    Operand<TFloat32> queries = query.apply(pass, rows.asked());
    Heads.Projected projected =
        new Heads.Projected(
            rows.asksAll() ? tokens.unpack(tf, queries) : queries,
            tokens.unpack(tf, key.apply(pass, rows.all())),
            tokens.unpack(tf, value.apply(pass, rows.all())));
    return distances.isPresent()
        ? heads.attend(
            pass, projected, new Heads.Between(rows.queries(), rows.keys()), distances.get(), bias)
        : heads.attend(pass, projected, rows.queries(), rows.keys(), Optional.of(bias));
  }

  /**
   * Input rows of a block.
   *
   * @param all rows, [M, H]
   * @param asked the rows whose results are needed: all, or one of each example, [B, H]; the others
   *     serve only as keys and values
   * @param queries B and T, or B and 1
   * @param keys B and T
   * @param tokens positions of all rows
   */
  record Rows(
      Operand<TFloat32> all,
      Operand<TFloat32> asked,
      SequenceShape queries,
      SequenceShape keys,
      PackedTokens tokens) {

    boolean asksAll() {
      return asked.equals(all);
    }
  }
}
