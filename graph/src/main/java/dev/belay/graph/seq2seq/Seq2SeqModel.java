package dev.belay.graph.seq2seq;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import dev.belay.graph.seq2seq.AttentionLayer.Memory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Builds an encoder with a decoder, with a training pass and an evaluation pass, {@link
 * LayeredForward#TRAINING} and {@link LayeredForward#EVALUATION}. They read {@code input_ids} and
 * {@code attention_mask} [B, S], and {@code decoder_input_ids} [B, T]: the target text after a
 * start token. No token attends to later ones, so padding at the right of the target needs no mask;
 * padding at its left is not supported.
 *
 * <p>Fresh word embeddings have the initial deviation of weights, 1 in T5; layers have a smaller
 * one, by their sizes.
 *
 * <p>To write token by token, {@link #READING} is run once and {@link #WRITING} for each token:
 * both are parts of the evaluation's nodes.
 */
public final class Seq2SeqModel {
  /** Encoder alone: {@code input_ids} and {@code attention_mask} to {@link #MEMORY}. */
  public static final String READING = "reading";

  /**
   * Decoder alone: {@link #MEMORY}, {@code attention_mask} and {@code decoder_input_ids} to {@link
   * TensorNames#LOGITS} and {@link TensorNames#NEXT_LOGITS}.
   */
  public static final String WRITING = "writing";

  /** The encoder's output, [B * S, H]. */
  public static final String MEMORY = "memory";

  /**
   * The encoder's word embeddings; with a number appended, the rows after that block, [B * S, H].
   */
  public static final String ENCODER_STATE = "encoder_state_";

  /**
   * The decoder's word embeddings; with a number appended, the rows after that block, [B * T, H].
   */
  public static final String DECODER_STATE = "decoder_state_";

  private final Seq2SeqSpec spec;
  private final Operand<TInt32> read;
  private final Operand<TInt32> mask;
  private final Operand<TInt32> written;
  private final Table words; // [V, H]
  private final T5Stack encoder;
  private final T5Stack decoder;
  private final Dense logits; // kernel [V, H]

  private Seq2SeqModel(Ops tf, Parameters parameters, Seq2SeqSpec spec) {
    Seq2SeqSpec.Sizes sizes = spec.sizes();
    this.spec = spec;
    this.read = LayeredForward.tokens(tf, TensorNames.INPUT_IDS);
    this.mask = LayeredForward.tokens(tf, TensorNames.ATTENTION_MASK);
    this.written = LayeredForward.tokens(tf, TensorNames.DECODER_INPUT_IDS);
    this.words = Table.declare(parameters, "shared.weight", sizes.vocabulary(), sizes.hidden());
    this.encoder = T5Stack.encoder(parameters, spec);
    this.decoder = T5Stack.decoder(parameters, spec);
    this.logits =
        spec.output().tied()
            ? new Dense(words.rows(), true, Optional.empty())
            : Dense.declareWithoutBias(parameters, "lm_head", sizes.hidden(), sizes.vocabulary());
  }

  /** Adds the passes to a graph, over one set of weights. */
  public static ForwardModel build(Graph graph, Seq2SeqSpec spec, LayeredForward.Options options) {
    ForwardModel model =
        LayeredForward.build(
            graph,
            options,
            (tf, parameters) -> {
              Seq2SeqModel built = new Seq2SeqModel(tf, parameters, spec);
              return new LayeredForward.Network(built.inputs(), built::through);
            });
    ForwardCall whole = model.call(LayeredForward.EVALUATION);
    return model
        .with(
            part(
                READING,
                whole,
                List.of(TensorNames.INPUT_IDS, TensorNames.ATTENTION_MASK),
                List.of(MEMORY)))
        .with(
            part(
                WRITING,
                whole,
                List.of(MEMORY, TensorNames.ATTENTION_MASK, TensorNames.DECODER_INPUT_IDS),
                List.of(TensorNames.LOGITS, TensorNames.NEXT_LOGITS)));
  }

  private Map<String, Output<?>> inputs() {
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    inputs.put(TensorNames.INPUT_IDS, read.asOutput());
    inputs.put(TensorNames.ATTENTION_MASK, mask.asOutput());
    inputs.put(TensorNames.DECODER_INPUT_IDS, written.asOutput());
    return inputs;
  }

  private Map<String, Output<?>> through(ForwardContext pass) {
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    Memory memory = read(pass.within("encoder"), outputs);
    write(pass.within("decoder"), memory, outputs);
    return outputs;
  }

  private Memory read(ForwardContext pass, Map<String, Output<?>> outputs) {
    Ops tf = pass.tf();
    SequenceShape extent =
        SequenceShape.of(tf, mask); // not from the ids: the decoder alone has only the mask
    Operand<TFloat32> hidden = AttentionBias.padding(tf, mask, extent); // [B, 1, 1, S]
    List<Operand<TFloat32>> states =
        encoder.apply(pass, words.look(tf, read), extent, hidden, Optional.empty());
    put(outputs, ENCODER_STATE, states);
    Operand<TFloat32> last = states.get(states.size() - 1); // [B * S, H]
    outputs.put(MEMORY, last.asOutput());
    return new Memory(pass.shared(last), extent, hidden);
  }

  private void write(ForwardContext pass, Memory memory, Map<String, Output<?>> outputs) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, written);
    List<Operand<TFloat32>> states =
        decoder.apply(
            pass,
            words.look(tf, written),
            extent,
            AttentionBias.causal(tf, extent.length()),
            Optional.of(memory));
    put(outputs, DECODER_STATE, states);
    Operand<TFloat32> last = states.get(states.size() - 1); // [B * T, H]
    outputs.put(
        TensorNames.LOGITS,
        extent.perExample(tf, logits(pass, last), spec.sizes().vocabulary()).asOutput());
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> ends =
        tf.math.sub(
            tf.math.mul(tf.range(one, tf.math.add(extent.batch(), one), one), extent.length()),
            one); // [B], T - 1 and so on
    outputs.put(
        TensorNames.NEXT_LOGITS,
        logits(pass, tf.gather(last, ends, tf.constant(0))).asOutput()); // [B, V]
  }

  private Operand<TFloat32> logits(ForwardContext pass, Operand<TFloat32> rows) {
    Ops tf = pass.tf();
    float scale = (float) (1 / Math.sqrt(spec.sizes().hidden()));
    return logits.apply(
        pass, spec.output().scaled() ? tf.math.mul(rows, tf.constant(scale)) : rows);
  }

  private static void put(
      Map<String, Output<?>> outputs, String name, List<Operand<TFloat32>> states) {
    for (int i = 0; i < states.size(); i++) {
      outputs.put(name + i, states.get(i).asOutput());
    }
  }

  /** A part of a call; tensors from the rest of the call are fed instead. */
  private static ForwardCall part(
      String name, ForwardCall whole, List<String> reads, List<String> makes) {
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    for (String input : reads) {
      inputs.put(input, whole.inputs().getOrDefault(input, whole.outputs().get(input)));
    }
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    makes.forEach(output -> outputs.put(output, whole.output(output)));
    return new ForwardCall(name, inputs, outputs, List.of());
  }
}
