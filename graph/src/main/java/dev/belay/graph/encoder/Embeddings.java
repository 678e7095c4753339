package dev.belay.graph.encoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Extent;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Pass;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Words, positions and types, added up and normalised. */
final class Embeddings {
  private final EncoderSpec spec;
  private final Operand<TFloat32> words; // [V, E]
  private final Operand<TFloat32> positions; // [positions, E]
  private final Optional<Operand<TFloat32>> types; // [types, E]
  private final LayerNorm norm;
  private final Optional<Dense> projection;

  Embeddings(Parameters parameters, EncoderSpec spec) {
    this.spec = spec;
    EncoderSpec.Sizes sizes = spec.sizes();
    int width = sizes.embedding();
    Parameters own = parameters.within("embeddings");
    this.words = own.table("word_embeddings.weight", sizes.vocabulary(), width);
    this.positions = own.table("position_embeddings.weight", sizes.positions(), width);
    this.types =
        sizes.types() == 0
            ? Optional.empty()
            : Optional.of(own.table("token_type_embeddings.weight", sizes.types(), width));
    this.norm = LayerNorm.declare(own, "LayerNorm", width, spec.normEpsilon());
    this.projection =
        spec.projected()
            ? Optional.of(
                Dense.declare(parameters, spec.names().projection(), width, sizes.hidden()))
            : Optional.empty();
  }

  /** Rows for all tokens, [N, H]. */
  Operand<TFloat32> look(Pass outer, EncoderInputs inputs, Extent extent) {
    Pass pass = outer.within("embeddings");
    Ops tf = pass.tf();
    int width = spec.sizes().embedding();
    Operand<TFloat32> sum = rows(tf, words, inputs.ids()); // [N, E]
    if (types.isPresent()) {
      sum = tf.math.add(sum, rows(tf, types.get(), inputs.types().orElseThrow()));
    }
    sum =
        spec.paddingId().isPresent()
            ? tf.math.add(
                sum, rows(tf, positions, afterPadding(tf, inputs.ids(), spec.paddingId())))
            : withPositions(tf, sum, extent);
    Operand<TFloat32> x = norm.apply(tf, tf.reshape(sum, tf.constant(new int[] {-1, width})));
    Operand<TFloat32> kept = pass.dropout(x, spec.dropout().embeddings()); // [N, E]
    return projection.isPresent() ? projection.get().apply(tf, kept) : kept; // [N, H]
  }

  private static Operand<TFloat32> rows(Ops tf, Operand<TFloat32> table, Operand<TInt32> ids) {
    return tf.gather(table, tf.reshape(ids, tf.constant(new int[] {-1})), tf.constant(0));
  }

  /** The first T rows of the table, for each example. */
  private Operand<TFloat32> withPositions(Ops tf, Operand<TFloat32> sum, Extent extent) {
    Operand<TFloat32> first =
        tf.slice(
            positions,
            tf.constant(new int[] {0, 0}),
            tf.stack(List.of(extent.length(), tf.constant(spec.sizes().embedding())))); // [T, E]
    return tf.math.add(extent.perExample(tf, sum, spec.sizes().embedding()), first); // [B, T, E]
  }

  /** RoBERTa numbers what is no padding, from one more than the padding's id, [B, T]. */
  private static Operand<TInt32> afterPadding(Ops tf, Operand<TInt32> ids, OptionalInt paddingId) {
    Operand<TInt32> padding = tf.constant(paddingId.orElseThrow());
    Operand<TBool> isToken = tf.math.notEqual(ids, padding);
    Operand<TInt32> ones = tf.dtypes.cast(isToken, TInt32.class); // [B, T]
    Operand<TInt32> counted = tf.math.mul(tf.math.cumsum(ones, tf.constant(1)), ones);
    return tf.math.add(counted, padding);
  }
}
