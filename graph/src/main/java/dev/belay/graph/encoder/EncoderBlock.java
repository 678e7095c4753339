package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.JointDense;
import dev.belay.graph.layer.LayerNorm;
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
  private final EncoderSpec.Rates dropout;
  private final Activation activation;
  private final Heads heads;
  private final Dense query;
  private final Dense key;
  private final Dense value;
  private final Optional<RelativeKeys> distances;
  private final Dense attentionOutput;
  private final LayerNorm attentionNorm;
  private final Dense intermediate;
  private final Dense output;
  private final LayerNorm outputNorm;

  EncoderBlock(Parameters parameters, EncoderSpec spec) {
    EncoderNames names = spec.names();
    int hidden = spec.sizes().hidden();
    int inner = spec.sizes().intermediate();
    int count = spec.sizes().heads();
    this.dropout = spec.dropout();
    this.activation = spec.activation();
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
    this.attentionOutput = Dense.declare(parameters, names.attentionOutput(), hidden, hidden);
    this.attentionNorm =
        LayerNorm.declare(parameters, names.attentionNorm(), hidden, spec.normEpsilon());
    this.intermediate = Dense.declare(parameters, names.intermediate(), hidden, inner);
    this.output = Dense.declare(parameters, names.output(), inner, hidden);
    this.outputNorm = LayerNorm.declare(parameters, names.outputNorm(), hidden, spec.normEpsilon());
  }

  /**
   * The needed rows, [M, H] or [B, H].
   *
   * @param bias of the attention, [B, 1, 1 or Q, T]
   */
  Operand<TFloat32> apply(ForwardContext outer, Rows rows, Operand<TFloat32> bias) {
    ForwardContext pass = outer.within("attention");
    Ops tf = pass.tf();
    Operand<TFloat32> context = attend(pass, rows, bias); // [M or B, H]
    Operand<TFloat32> attended =
        pass.dropout(attentionOutput.apply(pass, context), dropout.attentionOutput());
    Operand<TFloat32> mixed = attentionNorm.apply(pass, tf.math.add(attended, rows.asked()));
    return feedForward(outer.within("feed_forward"), mixed);
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

  private Operand<TFloat32> feedForward(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> inner = activation.apply(pass, intermediate.apply(pass, x)); // [M or B, I]
    Operand<TFloat32> added = pass.dropout(output.apply(pass, inner), dropout.feedForward());
    return outputNorm.apply(pass, tf.math.add(added, x)); // [M or B, H]
  }
}
