package dev.belay.graph.decoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Visible;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Self-attention of normalised rows: projections, heads and the layer after them. */
final class DecoderAttention {
  private final DecoderForm.Projection order;
  private final Heads heads;
  private final List<Dense> projections = new ArrayList<>();
  private final Dense output;

  DecoderAttention(Parameters parameters, DecoderSpec spec, int layer) {
    DecoderSpec.Attention attention = spec.attention();
    DecoderForm form = spec.form();
    DecoderLayers layers = new DecoderLayers(spec);
    int hidden = spec.sizes().hidden();
    int size = attention.headSize();
    this.order = form.projection();
    this.heads =
        new Heads(
            spec.sizes().heads(),
            attention.keyHeads(),
            size,
            attention.scaling().of(layer, size),
            spec.dropout().attention());
    List<String> names = form.names().projections();
    long keys = (long) attention.keyHeads() * size;
    long[] widths =
        names.size() == 1
            ? new long[] {3L * heads.width()}
            : new long[] {heads.width(), keys, keys};
    for (int i = 0; i < widths.length; i++) {
      projections.add(
          layers.dense(
              parameters, names.get(i), hidden, widths[i], form.biases().projections()));
    }
    this.output =
        layers.dense(
            layers.added(parameters),
            form.names().attentionOutput(),
            heads.width(),
            hidden,
            form.biases().attentionOutput());
  }

  /**
   * Attends.
   *
   * @param x [N, H]
   * @return [N, H]
   */
  Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x, Visible visible) {
    List<Operand<TFloat32>> rows = new ArrayList<>();
    projections.forEach(projection -> rows.add(projection.apply(pass, x)));
    Operand<TFloat32> context =
        switch (order) {
          case SEPARATE ->
              heads.attend(
                  pass, new Heads.Projected(rows.get(0), rows.get(1), rows.get(2)), visible);
          case TOGETHER_BY_HEAD ->
              heads.attendTogether(pass, rows.get(0), Heads.Together.BY_HEAD, visible);
          case TOGETHER_TRANSPOSED ->
              heads.attendTogether(pass, rows.get(0), Heads.Together.BY_KIND, visible);
        }; // [N, A * D]
    return output.apply(pass, context);
  }
}
