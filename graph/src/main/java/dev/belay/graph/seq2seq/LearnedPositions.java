package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A table of positions, whose rows are added to the words, and a norm of the sums.
 *
 * @param table [rows, H]
 * @param offset row of the first token of a text
 * @param norm of the sums
 */
record LearnedPositions(Table table, int offset, Norm norm) {

  static LearnedPositions declare(
      Parameters parameters, Seq2SeqSpec.Learned positions, Seq2SeqSpec spec) {
    int hidden = spec.sizes().hidden();
    return new LearnedPositions(
        Table.declare(parameters, "embed_positions.weight", positions.rows(), hidden),
        positions.offset(),
        new Seq2SeqLayers(spec).norm(parameters, "layernorm_embedding"));
  }

  /**
   * Adds the positions of tokens.
   *
   * @param words [N, H]
   * @param extent B and T
   * @param before number of the tokens before them, scalar
   * @return [N, H]
   */
  Operand<TFloat32> add(
      Ops tf, Operand<TFloat32> words, SequenceShape extent, Operand<TInt32> before) {
    Operand<TInt32> width = tf.constant(table.size());
    Operand<TInt32> first = tf.math.add(before, tf.constant(offset));
    Operand<TFloat32> rows =
        tf.slice(
            table.rows(),
            tf.stack(List.of(first, tf.constant(0))),
            tf.stack(List.of(extent.length(), width))); // [T, H]
    Operand<TFloat32> sums = tf.math.add(extent.perExample(tf, words, table.size()), rows);
    return norm.apply(tf, tf.reshape(sums, tf.constant(new int[] {-1, table.size()}))); // [N, H]
  }
}
