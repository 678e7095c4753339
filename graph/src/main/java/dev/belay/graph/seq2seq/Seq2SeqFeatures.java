package dev.belay.graph.seq2seq;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.SequenceShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Builds an encoder with a decoder for heads on its features, as BART has them: the decoder reads
 * the same text as the encoder, shifted by one token. The passes read {@code input_ids} and {@code
 * attention_mask} [B, T], and output {@link TensorNames#FEATURES} of the decoder, [B, T, H] or, of
 * one token, [B, H].
 */
public final class Seq2SeqFeatures {
  /**
   * Reading of a text.
   *
   * @param start id that the decoder reads first; empty: the last that is no padding
   * @param paddingId id of padding
   * @param end id whose last place in a text is the one token of which features are read; empty:
   *     all tokens
   */
  public record Reading(OptionalInt start, int paddingId, OptionalInt end) {}

  private final Seq2SeqSpec spec;
  private final Reading reading;
  private final Seq2SeqBody body;
  private final Operand<TInt32> ids;
  private final Operand<TInt32> mask;
  private final Operand<TInt32> shifted;

  private Seq2SeqFeatures(Ops tf, Seq2SeqSpec spec, Reading reading, Seq2SeqBody body) {
    this.spec = spec;
    this.reading = reading;
    this.body = body;
    this.ids = LayeredForward.tokens(tf, TensorNames.INPUT_IDS);
    this.mask = LayeredForward.tokens(tf, TensorNames.ATTENTION_MASK);
    this.shifted = shifted(tf);
  }

  /** Adds the passes to a graph, over one set of weights. */
  public static ForwardModel build(
      Graph graph, Seq2SeqSpec spec, Reading reading, LayeredForward.Options options) {
    return LayeredForward.build(
        graph,
        options,
        (tf, parameters) -> {
          Seq2SeqFeatures built =
              new Seq2SeqFeatures(tf, spec, reading, Seq2SeqBody.declare(parameters, spec));
          return new LayeredForward.Network(built.inputs(), built::through);
        });
  }

  private Map<String, Output<?>> inputs() {
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    inputs.put(TensorNames.INPUT_IDS, ids.asOutput());
    inputs.put(TensorNames.ATTENTION_MASK, mask.asOutput());
    return inputs;
  }

  /** The text after its start, without its last token, [B, T]. */
  private Operand<TInt32> shifted(Ops tf) {
    SequenceShape extent = SequenceShape.of(tf, ids);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> before = tf.math.sub(extent.length(), one);
    Operand<TInt32> begin = tf.constant(new int[] {0, 0});
    Operand<TInt32> text =
        tf.slice(ids, begin, tf.stack(List.of(extent.batch(), before))); // [B, T - 1]
    Operand<TInt32> column = tf.stack(List.of(extent.batch(), one));
    Operand<TInt32> start =
        reading.start().isPresent()
            ? tf.fill(column, tf.constant(reading.start().getAsInt()))
            : tf.reshape(lastId(tf, extent), column); // [B, 1]
    return tf.concat(List.of(start, text), one);
  }

  /** The id at the place that the number of ids other than padding gives, [B]. */
  private Operand<TInt32> lastId(Ops tf, SequenceShape extent) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> tokens =
        tf.dtypes.cast(
            tf.math.notEqual(ids, tf.constant(reading.paddingId())), TInt32.class); // [B, T]
    Operand<TInt32> last =
        tf.math.maximum(tf.math.sub(tf.reduceSum(tokens, one), one), zero); // [B]
    return extent.at(tf, tf.reshape(ids, tf.constant(new int[] {-1})), last);
  }

  private Map<String, Output<?>> through(ForwardContext pass) {
    Seq2SeqBody.Text text = body.read(pass.within("encoder"), ids, mask);
    List<Operand<TFloat32>> states = body.write(pass.within("decoder"), shifted, text.memory());
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    for (int i = 0; i < states.size(); i++) {
      outputs.put(TensorNames.STATE + i, states.get(i).asOutput());
    }
    Operand<TFloat32> rows = states.get(states.size() - 1); // [B * T, H]
    outputs.put(TensorNames.FEATURES, features(pass.tf(), rows).asOutput());
    return outputs;
  }

  private Operand<TFloat32> features(Ops tf, Operand<TFloat32> rows) {
    SequenceShape extent = SequenceShape.of(tf, ids);
    if (reading.end().isEmpty()) {
      return extent.perExample(tf, rows, spec.sizes().hidden()); // [B, T, H]
    }
    Operand<TInt32> ends =
        tf.dtypes.cast(
            tf.math.equal(ids, tf.constant(reading.end().getAsInt())), TInt32.class); // [B, T]
    return extent.lastMarked(tf, rows, ends); // [B, H]
  }
}
