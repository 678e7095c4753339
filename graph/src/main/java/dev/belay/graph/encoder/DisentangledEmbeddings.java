package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Table;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Embeddings of a DeBERTa: words and, where it has them, positions and types, added up, projected
 * and normalised; 0 for hidden tokens.
 */
final class DisentangledEmbeddings {
  private final DisentangledEncoderSpec spec;
  private final Table words; // [V, E]
  private final Optional<Table> positions; // [positions, E]
  private final Optional<Table> types; // [types, E]
  private final Optional<Dense> projection; // E to H
  private final LayerNorm norm;

  DisentangledEmbeddings(Parameters parameters, DisentangledEncoderSpec spec) {
    this.spec = spec;
    EncoderSpec encoder = spec.encoder();
    EncoderSpec.Sizes sizes = encoder.sizes();
    int width = sizes.embedding();
    Parameters own = parameters.within("embeddings");
    this.words = Table.ofWords(own, "word_embeddings.weight", sizes.vocabulary(), width);
    this.positions = positions(own, spec);
    this.types = Embeddings.types(own, sizes);
    this.projection =
        encoder.projected()
            ? Optional.of(
                Dense.declareWithoutBias(
                    parameters, encoder.names().projection(), width, sizes.hidden()))
            : Optional.empty();
    this.norm = LayerNorm.declare(own, "LayerNorm", sizes.hidden(), encoder.normEpsilon());
  }

  private static Optional<Table> positions(Parameters own, DisentangledEncoderSpec spec) {
    String name = "position_embeddings.weight";
    int rows = spec.encoder().sizes().positions();
    int width = spec.encoder().sizes().embedding();
    return switch (spec.positions()) {
      case ADDED -> Optional.of(Table.declare(own, name, rows, width));
      case KEPT -> {
        own.kept(name, rows, width);
        yield Optional.empty();
      }
      case NONE -> Optional.empty();
    };
  }

  /** Rows of tokens, [M, H]. */
  Operand<TFloat32> look(
      ForwardContext outer, EncoderInputs inputs, TokenConvolution.Tokens tokens) {
    ForwardContext pass = outer.within("embeddings");
    Ops tf = pass.tf();
    int width = spec.encoder().sizes().embedding();
    Operand<TFloat32> sum =
        spec.untrainedWord().isPresent()
            ? words.lookExcept(tf, inputs.ids(), spec.untrainedWord().getAsInt())
            : words.look(tf, inputs.ids()); // [N, E]
    if (positions.isPresent()) {
      Operand<TFloat32> first = positions.get().first(tf, tokens.extent().length()); // [T, E]
      Operand<TFloat32> all =
          tf.math.add(tokens.extent().perExample(tf, sum, width), first); // [B, T, E]
      sum = tf.reshape(all, tf.constant(new int[] {-1, width}));
    }
    if (types.isPresent()) {
      sum = tf.math.add(sum, types.get().look(tf, inputs.types().orElseThrow()));
    }
    Operand<TFloat32> rows = tokens.packed().pack(tf, sum); // [M, E]
    Operand<TFloat32> wide =
        projection.isPresent() ? projection.get().apply(pass, rows) : rows; // [M, H]
    Operand<TFloat32> seen = tf.math.mul(norm.apply(pass, wide), tokens.seenRows(tf));
    return pass.dropout(seen, spec.encoder().dropout().embeddings());
  }
}
