package dev.belay.graph.decoder;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Extent;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Pass;
import dev.belay.graph.layer.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** GPT-2: word and position embeddings, causal blocks, a norm; then a logit for each word. */
final class Decoder {
  private final DecoderSpec spec;
  private final Table words; // [V, H]
  private final Table positions; // [positions, H]
  private final List<DecoderBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Optional<Dense> logits; // kernel [V, H]

  Decoder(Parameters all, DecoderSpec spec) {
    this.spec = spec;
    DecoderSpec.Sizes sizes = spec.sizes();
    Parameters parameters = all.within("transformer");
    this.words = Table.declare(parameters, "wte.weight", sizes.vocabulary(), sizes.hidden());
    this.positions = Table.declare(parameters, "wpe.weight", sizes.positions(), sizes.hidden());
    for (int layer = 0; layer < sizes.layers(); layer++) {
      blocks.add(new DecoderBlock(parameters.within("h." + layer), spec, layer));
    }
    this.norm = LayerNorm.declare(parameters, "ln_f", sizes.hidden(), spec.normEpsilon());
    this.logits =
        spec.output()
            .words()
            .map(
                made ->
                    made == DecoderSpec.Words.TIED
                        ? new Dense(words.rows(), true, Optional.empty())
                        : Dense.declareWithoutBias(
                            all, "lm_head", sizes.hidden(), sizes.vocabulary()));
  }

  /**
   * Rows after the embeddings and after each layer, the last of them normalised: [N, H] each.
   *
   * @param ids [B, T]
   * @param mask 1 for tokens, 0 for padding, [B, T]
   */
  List<Operand<TFloat32>> decode(Pass pass, Operand<TInt32> ids, Operand<TInt32> mask) {
    Ops tf = pass.tf();
    Extent extent = Extent.of(tf, ids);
    Operand<TFloat32> bias =
        tf.math.add(
            AttentionBias.padding(tf, mask, extent),
            AttentionBias.causal(tf, extent.length())); // [B, 1, T, T]
    Operand<TFloat32> x = embed(pass.within("embeddings"), ids, extent); // [N, H]
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    for (int layer = 0; layer < blocks.size(); layer++) {
      x = blocks.get(layer).apply(pass.within("layer_" + layer), x, extent, bias);
      states.add(x);
    }
    states.set(blocks.size(), norm.apply(tf, x));
    return states;
  }

  private Operand<TFloat32> embed(Pass pass, Operand<TInt32> ids, Extent extent) {
    Ops tf = pass.tf();
    int hidden = spec.sizes().hidden();
    Operand<TFloat32> sum =
        tf.math.add(
            extent.perExample(tf, words.look(tf, ids), hidden),
            positions.first(tf, extent.length())); // [B, T, H]
    Operand<TFloat32> rows = tf.reshape(sum, tf.constant(new int[] {-1, hidden})); // [N, H]
    return pass.dropout(rows, spec.dropout().embeddings());
  }

  /**
   * The output layer from rows [N, H] to the next token of each, [N, V]; empty if a head reads
   * them.
   */
  Optional<Dense> logits() {
    return logits;
  }
}
