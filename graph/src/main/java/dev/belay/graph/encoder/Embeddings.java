package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Embeddings of words, positions and types, added up and normalised. */
final class Embeddings {
  private final EncoderSpec spec;
  private final Table words; // [V, E]
  private final Optional<Table> positions; // [positions, E]
  private final Optional<Table> types; // [types, E]
  private final LayerNorm norm;
  private final Optional<Dense> projection;

  Embeddings(Parameters parameters, EncoderSpec spec) {
    this.spec = spec;
    EncoderSpec.Sizes sizes = spec.sizes();
    int width = sizes.embedding();
    Parameters own = parameters.within("embeddings");
    this.words = Table.ofWords(own, "word_embeddings.weight", sizes.vocabulary(), width);
    this.positions = positions(own, spec);
    this.types = types(own, sizes);
    this.norm = LayerNorm.declare(own, "LayerNorm", width, spec.normEpsilon());
    this.projection =
        spec.projected()
            ? Optional.of(
                Dense.declare(parameters, spec.names().projection(), width, sizes.hidden()))
            : Optional.empty();
  }

  /** The table of types, [types, E]; empty for a model without types. */
  static Optional<Table> types(Parameters own, EncoderSpec.Sizes sizes) {
    return sizes.types() == 0
        ? Optional.empty()
        : Optional.of(
            Table.declare(own, "token_type_embeddings.weight", sizes.types(), sizes.embedding()));
  }

  /**
   * Rows of tokens, [M, H].
   *
   * @param tokens positions to compute
   */
  Operand<TFloat32> look(
      ForwardContext outer, EncoderInputs inputs, SequenceShape extent, PackedTokens tokens) {
    ForwardContext pass = outer.within("embeddings");
    Ops tf = pass.tf();
    int width = spec.sizes().embedding();
    Operand<TFloat32> sum = words.look(tf, inputs.ids()); // [N, E]
    if (types.isPresent()) {
      sum = tf.math.add(sum, types.get().look(tf, inputs.types().orElseThrow()));
    }
    if (positions.isPresent()) {
      sum = withPositions(tf, sum, inputs.ids(), extent);
    }
    Operand<TFloat32> all = tf.reshape(sum, tf.constant(new int[] {-1, width})); // [N, E]
    Operand<TFloat32> x = norm.apply(pass, tokens.pack(tf, all)); // [M, E]
    Operand<TFloat32> kept = pass.dropout(x, spec.dropout().embeddings());
    return projection.isPresent() ? projection.get().apply(pass, kept) : kept; // [M, H]
  }

  /**
   * Position rows that are added to words; if attention reads distances, they are kept but not
   * read.
   */
  private static Optional<Table> positions(Parameters own, EncoderSpec spec) {
    String name = "position_embeddings.weight";
    int rows = spec.sizes().positions();
    int width = spec.sizes().embedding();
    if (spec.positions().relative().isPresent()) {
      own.kept(name, rows, width);
      return Optional.empty();
    }
    return Optional.of(
        spec.positions().sinusoidal()
            ? new Table(own.sinusoids(name, rows, width), width)
            : Table.declare(own, name, rows, width));
  }

  /** Adds the row of its position to each token: the first T rows, or those by RoBERTa's count. */
  private Operand<TFloat32> withPositions(
      Ops tf, Operand<TFloat32> sum, Operand<TInt32> ids, SequenceShape extent) {
    OptionalInt paddingId = spec.positions().paddingId();
    Table rows = positions.orElseThrow();
    if (paddingId.isPresent()) {
      return tf.math.add(sum, rows.look(tf, afterPadding(tf, ids, paddingId)));
    }
    Operand<TFloat32> first = rows.first(tf, extent.length()); // [T, E]
    return tf.math.add(extent.perExample(tf, sum, spec.sizes().embedding()), first); // [B, T, E]
  }

  /**
   * RoBERTa's positions: tokens other than padding are counted from one more than the padding id,
   * [B, T].
   */
  private static Operand<TInt32> afterPadding(Ops tf, Operand<TInt32> ids, OptionalInt paddingId) {
    Operand<TInt32> padding = tf.constant(paddingId.orElseThrow());
    Operand<TBool> isToken = tf.math.notEqual(ids, padding);
    Operand<TInt32> ones = tf.dtypes.cast(isToken, TInt32.class); // [B, T]
    Operand<TInt32> counted = tf.math.mul(tf.math.cumsum(ones, tf.constant(1)), ones);
    return tf.math.add(counted, padding);
  }
}
