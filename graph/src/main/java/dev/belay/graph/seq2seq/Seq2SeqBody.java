package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import dev.belay.graph.seq2seq.AttentionLayer.Memory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Encoder and decoder with the words that they share.
 *
 * @param spec their architecture
 * @param words [V, H]
 */
record Seq2SeqBody(Seq2SeqSpec spec, Table words, Stack encoder, Stack decoder) {

  static Seq2SeqBody declare(Parameters parameters, Seq2SeqSpec spec) {
    Seq2SeqSpec.Sizes sizes = spec.sizes();
    Parameters body = parameters.within(spec.form().names().base());
    Table words = Table.declare(body, "shared.weight", sizes.vocabulary(), sizes.hidden());
    return new Seq2SeqBody(spec, words, Stack.encoder(body, spec), Stack.decoder(body, spec));
  }

  /**
   * A text that the encoder has read.
   *
   * @param states the rows of its words, then those after each block, [B * S, H]
   * @param memory the last of them for the decoder
   */
  record Text(List<Operand<TFloat32>> states, Memory memory) {}

  /** Reads a text, [B, S]. */
  Text read(ForwardContext pass, Operand<TInt32> ids, Operand<TInt32> mask) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, mask);
    Operand<TFloat32> hidden = AttentionBias.padding(tf, mask, extent); // [B, 1, 1, S]
    List<Operand<TFloat32>> states =
        encoder.apply(pass, look(tf, ids), extent, hidden, Optional.empty());
    Operand<TFloat32> last = states.get(states.size() - 1); // [B * S, H]
    return new Text(states, new Memory(pass.shared(last), extent, hidden));
  }

  /** The rows of the words of another text, then those after each block, [B * T, H]. */
  List<Operand<TFloat32>> write(ForwardContext pass, Operand<TInt32> ids, Memory memory) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, ids);
    return decoder.apply(
        pass,
        look(tf, ids),
        extent,
        AttentionBias.causal(tf, extent.length()),
        Optional.of(memory));
  }

  /** Embeddings of words, [N, H]. */
  Operand<TFloat32> look(Ops tf, Operand<TInt32> ids) {
    OptionalInt untrained = spec.words().untrained();
    Operand<TFloat32> rows =
        untrained.isPresent()
            ? words.lookExcept(tf, ids, untrained.getAsInt())
            : words.look(tf, ids);
    double scale = spec.words().scale();
    return scale == 1 ? rows : tf.math.mul(rows, tf.constant((float) scale));
  }
}
