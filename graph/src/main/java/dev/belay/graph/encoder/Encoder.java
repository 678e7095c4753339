package dev.belay.graph.encoder;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.graph.layer.SequenceShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** BERT, arXiv 1810.04805, and its relatives: embeddings, then blocks, each normalised after it. */
final class Encoder implements TokenEncoder {
  private final EncoderSpec spec;
  private final Embeddings embeddings;
  private final Optional<RelativePositions> distances;
  private final List<EncoderBlock> blocks = new ArrayList<>(); // by group, then within it

  Encoder(Parameters all, EncoderSpec spec) {
    this.spec = spec;
    Parameters parameters = all.within(spec.names().base());
    this.embeddings = new Embeddings(parameters, spec);
    this.distances =
        spec.positions()
            .biases()
            .map(
                buckets ->
                    RelativePositions.declare(
                        parameters, spec.names().distances(), buckets, spec.sizes().heads()));
    for (int group = 0; group < spec.sharing().groups(); group++) {
      for (int inner = 0; inner < spec.sharing().blocks(); inner++) {
        blocks.add(new EncoderBlock(parameters.within(spec.names().block(group, inner)), spec));
      }
    }
  }

  @Override
  public List<Operand<TFloat32>> encode(
      ForwardContext pass, EncoderInputs inputs, PackedTokens tokens, Pooling reading) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, inputs.ids());
    Operand<TFloat32> padding = AttentionBias.padding(tf, inputs.mask(), extent); // [B, 1, 1, T]
    Operand<TFloat32> ofAll = bias(tf, padding, extent, extent); // [B, 1 or A, 1 or T, T]
    boolean trains = distances.isPresent(); // then the bias has a gradient
    Operand<TFloat32> bias = trains ? pass.shared(ofAll) : ofAll;
    Operand<TFloat32> x = embeddings.look(pass, inputs, extent, tokens); // [M, H]
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    int layers = spec.sizes().layers();
    for (int layer = 0; layer < layers; layer++) {
      String scope = "layer_" + layer;
      boolean ends = layer == layers - 1;
      for (EncoderBlock block : blocks(layer)) {
        boolean firstOnly = ends && reading == Pooling.FIRST_TOKEN && block == last(layer);
        x =
            pass.block(
                scope,
                trains && !firstOnly ? List.of(x, bias) : List.of(x),
                (inside, read) -> {
                  Operand<TFloat32> rows = read.get(0);
                  if (!firstOnly) {
                    return block.apply(
                        inside,
                        new EncoderBlock.Rows(rows, rows, extent, extent, tokens),
                        trains ? read.get(1) : bias);
                  }
                  Ops here = inside.tf();
                  SequenceShape one = extent.withLength(here.constant(1));
                  return block.apply(
                      inside,
                      new EncoderBlock.Rows(
                          rows, tokens.first(here, rows, extent), one, extent, tokens),
                      bias(here, padding, one, extent));
                });
      }
      states.add(x);
    }
    return states;
  }

  /**
   * Hides padding and, in a causal encoder, later tokens, and weighs distances: [B, 1 or A, 1 or Q,
   * T].
   *
   * @param queries the first Q tokens
   */
  private Operand<TFloat32> bias(
      Ops tf, Operand<TFloat32> padding, SequenceShape queries, SequenceShape keys) {
    if (distances.isPresent()) {
      return tf.math.add(padding, distances.get().bias(tf, queries.length(), keys.length()));
    }
    return spec.causal()
        ? tf.math.add(padding, AttentionBias.causal(tf, queries.length(), keys.length()))
        : padding;
  }

  /** The blocks that a layer goes through. */
  private List<EncoderBlock> blocks(int layer) {
    EncoderSpec.Sharing sharing = spec.sharing();
    int group = layer * sharing.groups() / spec.sizes().layers();
    return blocks.subList(group * sharing.blocks(), (group + 1) * sharing.blocks());
  }

  private EncoderBlock last(int layer) {
    List<EncoderBlock> inner = blocks(layer);
    return inner.get(inner.size() - 1);
  }
}
