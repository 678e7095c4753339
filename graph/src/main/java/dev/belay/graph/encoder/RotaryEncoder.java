package dev.belay.graph.encoder;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RotaryPositions;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import dev.belay.graph.layer.Visible;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * ModernBERT, arXiv 2412.13663: normalised word embeddings, then blocks that normalise their input,
 * then a norm.
 */
final class RotaryEncoder implements TokenEncoder {
  private final RotaryEncoderSpec spec;
  private final Table words; // [V, H]
  private final LayerNorm embeddingNorm;
  private final List<RotaryEncoderBlock> blocks = new ArrayList<>();
  private final LayerNorm finalNorm;

  RotaryEncoder(Parameters all, RotaryEncoderSpec spec) {
    this.spec = spec;
    RotaryEncoderSpec.Sizes sizes = spec.sizes();
    Parameters parameters = all.within(RotaryEncoderSpec.BASE);
    this.words =
        Table.ofWords(parameters, RotaryEncoderSpec.WORDS, sizes.vocabulary(), sizes.hidden());
    this.embeddingNorm = norm(parameters, "embeddings.norm");
    for (int layer = 0; layer < sizes.layers(); layer++) {
      blocks.add(new RotaryEncoderBlock(parameters.within("layers." + layer), spec, layer > 0));
    }
    this.finalNorm = norm(parameters, "final_norm");
  }

  private LayerNorm norm(Parameters parameters, String name) {
    return LayerNorm.declare(
        parameters, name, spec.sizes().hidden(), spec.normEpsilon(), spec.biases().norms());
  }

  @Override
  public List<Operand<TFloat32>> encode(
      ForwardContext pass, EncoderInputs inputs, PackedTokens tokens, Pooling reading) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, inputs.ids());
    Operand<TFloat32> padding = AttentionBias.padding(tf, inputs.mask(), extent); // [B, 1, 1, T]
    Optional<RotaryEncoderBlock.Attended> global = global(tf, padding, extent);
    Optional<RotaryEncoderBlock.Attended> local = local(tf, padding, extent, tokens);
    Operand<TFloat32> x = embed(pass.within("embeddings"), inputs.ids(), tokens); // [M, H]
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    int last = blocks.size() - 1;
    for (int layer = 0; layer <= last; layer++) {
      RotaryEncoderBlock block = blocks.get(layer);
      RotaryEncoderBlock.Attended attended = (isLocal(layer) ? local : global).orElseThrow();
      boolean firstOnly = layer == last && reading == Pooling.FIRST_TOKEN;
      x =
          pass.block(
              "layer_" + layer,
              List.of(x),
              (inside, read) ->
                  block.apply(
                      inside,
                      new RotaryEncoderBlock.Rows(read.get(0), tokens, extent, firstOnly),
                      attended));
      states.add(x);
    }
    states.set(blocks.size(), finalNorm.apply(pass, x));
    return states;
  }

  private Operand<TFloat32> embed(ForwardContext pass, Operand<TInt32> ids, PackedTokens tokens) {
    Ops tf = pass.tf();
    OptionalInt untrained = spec.untrainedWord();
    Operand<TFloat32> rows =
        untrained.isPresent()
            ? words.lookExcept(tf, ids, untrained.getAsInt())
            : words.look(tf, ids); // [N, H]
    return pass.dropout(
        embeddingNorm.apply(pass, tokens.pack(tf, rows)), spec.dropout().embeddings());
  }

  private boolean isLocal(int layer) {
    return spec.attention().local().contains(layer);
  }

  /** Tokens for the blocks that attend to all of them; empty if there is no such block. */
  private Optional<RotaryEncoderBlock.Attended> global(
      Ops tf, Operand<TFloat32> padding, SequenceShape extent) {
    return spec.attention().local().size() == blocks.size()
        ? Optional.empty()
        : Optional.of(
            new RotaryEncoderBlock.Attended(
                visible(tf, extent, padding, spec.attention().globalPositions()),
                Optional.empty()));
  }

  /** Tokens for the other blocks; empty if there is no such block. */
  private Optional<RotaryEncoderBlock.Attended> local(
      Ops tf, Operand<TFloat32> padding, SequenceShape extent, PackedTokens tokens) {
    RotaryEncoderSpec.Attention attention = spec.attention();
    if (attention.local().isEmpty()) {
      return Optional.empty();
    }
    Operand<TFloat32> bias =
        tf.math.add(
            padding, AttentionBias.around(tf, extent.length(), attention.reach())); // [B, 1, T, T]
    return Optional.of(
        new RotaryEncoderBlock.Attended(
            visible(tf, extent, bias, attention.localPositions()),
            Optional.of(tokens.pack(tf, AttentionBias.seesAny(tf, bias)))));
  }

  private static Visible visible(
      Ops tf, SequenceShape extent, Operand<TFloat32> bias, RotaryPositions positions) {
    return new Visible(
        extent, Optional.of(bias), Optional.of(positions.rotation(tf, extent.length())));
  }
}
