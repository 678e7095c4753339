package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RmsNorm;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Visible;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Attention of normalised rows, to themselves or to the encoder's output, added to its input. */
final class AttentionLayer {
  private final double dropout;
  private final RmsNorm norm;
  private final Heads heads;
  private final Dense query;
  private final Dense key;
  private final Dense value;
  private final Dense output;

  AttentionLayer(Parameters layer, String name, Seq2SeqSpec spec) {
    int hidden = spec.sizes().hidden();
    this.dropout = spec.dropout();
    // The scale is part of the initialization of queries, so products are not scaled.
    this.heads = new Heads(spec.sizes().heads(), spec.sizes().headSize(), 1, spec.dropout());
    Parameters own = layer.within(name);
    Parameters scaled = own.deviating(1 / Math.sqrt((double) hidden * spec.sizes().headSize()));
    Parameters in = own.deviating(1 / Math.sqrt(hidden));
    Parameters out = own.deviating(1 / Math.sqrt(heads.width()));
    this.query = Dense.declareWithoutBias(scaled, "q", hidden, heads.width());
    this.key = Dense.declareWithoutBias(in, "k", hidden, heads.width());
    this.value = Dense.declareWithoutBias(in, "v", hidden, heads.width());
    this.output = Dense.declareWithoutBias(out, "o", heads.width(), hidden);
    this.norm = RmsNorm.declare(layer, "layer_norm", hidden, spec.normEpsilon());
  }

  /**
   * Rows that others attend to.
   *
   * @param rows [B * S, H]
   * @param extent B and S
   * @param bias of the attention to them, [B, 1 or A, 1 or S, S]
   */
  record Memory(Operand<TFloat32> rows, SequenceShape extent, Operand<TFloat32> bias) {}

  /**
   * Self-attention.
   *
   * @param x [N, H]
   */
  Operand<TFloat32> toThemselves(
      ForwardContext pass, Operand<TFloat32> x, SequenceShape extent, Operand<TFloat32> bias) {
    Operand<TFloat32> normed = norm.apply(pass.tf(), x);
    return added(pass, x, extent, normed, new Memory(normed, extent, bias));
  }

  /**
   * Self-attention of tokens that follow those of a cache.
   *
   * @param x [N, H]
   * @param visible the tokens, with the bias of the attention and the cache
   */
  Operand<TFloat32> toThemselves(ForwardContext pass, Operand<TFloat32> x, Visible visible) {
    Operand<TFloat32> normed = norm.apply(pass.tf(), x);
    Heads.Projected rows =
        new Heads.Projected(
            query.apply(pass, normed), key.apply(pass, normed), value.apply(pass, normed));
    return added(pass, x, heads.attend(pass, rows, visible));
  }

  /**
   * Attention to keys and values that {@link #known} made.
   *
   * @param x [N, H]
   * @param between B and T of x, B and S
   * @param bias [B, 1, 1, S]
   */
  Operand<TFloat32> to(
      KeyValueCache.KeyValues known,
      ForwardContext pass,
      Operand<TFloat32> x,
      Heads.Between between,
      Operand<TFloat32> bias) {
    Operand<TFloat32> asked = query.apply(pass, norm.apply(pass.tf(), x));
    return added(pass, x, heads.attendTo(pass, asked, known, between, bias));
  }

  /** Keys and values of other rows. */
  KeyValueCache.KeyValues known(ForwardContext pass, Memory memory) {
    return heads.known(
        pass.tf(),
        key.apply(pass, memory.rows()),
        value.apply(pass, memory.rows()),
        memory.extent());
  }

  /**
   * Attention to other rows.
   *
   * @param x [N, H]
   */
  Operand<TFloat32> to(
      Memory memory, ForwardContext pass, Operand<TFloat32> x, SequenceShape extent) {
    return added(pass, x, extent, norm.apply(pass.tf(), x), memory);
  }

  private Operand<TFloat32> added(
      ForwardContext pass,
      Operand<TFloat32> x,
      SequenceShape extent,
      Operand<TFloat32> normed,
      Memory memory) {
    Operand<TFloat32> context =
        heads.attend(
            pass,
            new Heads.Projected(
                query.apply(pass, normed),
                key.apply(pass, memory.rows()),
                value.apply(pass, memory.rows())),
            extent,
            memory.extent(),
            Optional.of(memory.bias())); // [N, A * D]
    return added(pass, x, context);
  }

  private Operand<TFloat32> added(
      ForwardContext pass, Operand<TFloat32> x, Operand<TFloat32> context) {
    return pass.tf().math.add(x, pass.dropout(output.apply(pass, context), dropout)); // [N, H]
  }
}
