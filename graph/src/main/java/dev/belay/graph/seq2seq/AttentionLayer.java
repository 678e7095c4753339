package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Visible;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Attention of rows, to themselves or to the encoder's output, added to its input. */
final class AttentionLayer {
  private final Residual residual;
  private final Heads heads;
  private final Dense query;
  private final Dense key;
  private final Dense value;
  private final Dense output;

  AttentionLayer(
      Parameters block, Seq2SeqNames.Part part, Seq2SeqSpec spec, Seq2SeqSpec.Blocks sizes) {
    int hidden = spec.sizes().hidden();
    int size = sizes.headSize();
    boolean scaled = spec.form().scaled();
    double dropout = spec.dropout().attention();
    this.heads = new Heads(sizes.heads(), size, scaled ? 1 / Math.sqrt(size) : 1, dropout);
    int width = heads.width();
    Seq2SeqLayers layers = new Seq2SeqLayers(spec);
    Parameters place = block.within(part.place());
    Parameters own = place.within(part.layers());
    List<String> names = spec.form().names().projections();
    // Where products are not scaled, the scale is part of the initialization of queries.
    this.query = layers.dense(own, names.get(0), hidden, width, (double) hidden * size);
    this.key = layers.dense(own, names.get(1), hidden, width, hidden);
    this.value = layers.dense(own, names.get(2), hidden, width, hidden);
    this.output = layers.dense(own, names.get(3), width, hidden, width);
    this.residual = layers.residual(place, part.norm());
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
    Operand<TFloat32> read = residual.read(pass.tf(), x);
    return added(pass, x, extent, read, new Memory(read, extent, bias));
  }

  /**
   * Self-attention of tokens that follow those of a cache.
   *
   * @param x [N, H]
   * @param visible the tokens, with the bias of the attention and the cache
   */
  Operand<TFloat32> toThemselves(ForwardContext pass, Operand<TFloat32> x, Visible visible) {
    Operand<TFloat32> read = residual.read(pass.tf(), x);
    Heads.Projected rows =
        new Heads.Projected(
            query.apply(pass, read), key.apply(pass, read), value.apply(pass, read));
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
    Operand<TFloat32> asked = query.apply(pass, residual.read(pass.tf(), x));
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
    return added(pass, x, extent, residual.read(pass.tf(), x), memory);
  }

  private Operand<TFloat32> added(
      ForwardContext pass,
      Operand<TFloat32> x,
      SequenceShape extent,
      Operand<TFloat32> read,
      Memory memory) {
    Operand<TFloat32> context =
        heads.attend(
            pass,
            new Heads.Projected(
                query.apply(pass, read),
                key.apply(pass, memory.rows()),
                value.apply(pass, memory.rows())),
            extent,
            memory.extent(),
            Optional.of(memory.bias())); // [N, A * D]
    return added(pass, x, context);
  }

  private Operand<TFloat32> added(
      ForwardContext pass, Operand<TFloat32> x, Operand<TFloat32> context) {
    return residual.add(pass, x, output.apply(pass, context)); // [N, H]
  }
}
