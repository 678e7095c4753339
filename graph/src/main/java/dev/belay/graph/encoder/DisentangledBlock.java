package dev.belay.graph.encoder;

import dev.belay.graph.layer.DisentangledHeads;
import dev.belay.graph.layer.DistanceTerms;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.PairMask;
import dev.belay.graph.layer.Parameters;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Block of a DeBERTa: attention to contents and distances, then the layers of a BERT. */
final class DisentangledBlock {
  private final DisentangledEncoderSpec spec;
  private final ContentLayers layers;
  private final DisentangledHeads heads;
  private final PostNormLayers rest;

  DisentangledBlock(Parameters parameters, DisentangledEncoderSpec spec) {
    EncoderSpec encoder = spec.encoder();
    int size = encoder.sizes().hidden() / encoder.sizes().heads();
    this.spec = spec;
    this.layers =
        spec.attention().layers() == DisentangledEncoderSpec.Layers.JOINT
            ? new JointContentLayers(parameters, spec)
            : new SeparateContentLayers(parameters, spec);
    this.heads =
        new DisentangledHeads(
            encoder.sizes().heads(),
            size,
            1 / Math.sqrt((double) size * spec.attention().summands()),
            encoder.dropout().attention());
    this.rest = new PostNormLayers(parameters, encoder);
  }

  /**
   * The needed rows, [M, H] or [B, H].
   *
   * @param mask of the pairs of queries and keys
   * @param distances embeddings of distances, [R, H], if attention reads them
   */
  Operand<TFloat32> apply(
      ForwardContext outer,
      EncoderBlock.Rows rows,
      PairMask mask,
      Optional<Operand<TFloat32>> distances) {
    ForwardContext pass = outer.within("attention");
    Operand<TFloat32> context =
        heads.attend(
            pass,
            layers.project(pass, rows),
            new Heads.Between(rows.queries(), rows.keys()),
            distances.map(embedded -> terms(pass, embedded)),
            mask);
    return rest.apply(
        outer,
        pass,
        rows.asksAll() ? rows.tokens().pack(pass.tf(), context) : context,
        rows.asked());
  }

  private DistanceTerms terms(ForwardContext pass, Operand<TFloat32> embedded) {
    DisentangledEncoderSpec.Attention attention = spec.attention();
    Operand<TFloat32> kept = pass.dropout(embedded, spec.encoder().dropout().embeddings());
    return new DistanceTerms(
        attention.distances().orElseThrow(),
        attention.byKeys() ? Optional.of(layers.keys(pass, kept)) : Optional.empty(),
        attention.byQueries()
            ? Optional.of(heads.scaled(pass.tf(), layers.queries(pass, kept)))
            : Optional.empty());
  }
}
