package dev.belay.graph.seq2seq;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.forward.TextWriting;
import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.seq2seq.AttentionLayer.Memory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
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
 * <p>A model that is not to be trained also has the passes of {@link TextWriting}: {@link #READING}
 * is run once, and makes a part of the state that {@link TextWriting#WRITING} reads for each token.
 */
public final class Seq2SeqModel {
  /** Encoder: {@code input_ids} and {@code attention_mask} to keys and values for the decoder. */
  public static final String READING = "reading";

  private static final String CROSS = "cross_";

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
  private final Seq2SeqBody body;
  private final Dense logits; // kernel [V, H]
  private final Optional<Operand<TFloat32>> bias; // [1, V]

  private Seq2SeqModel(Ops tf, Parameters parameters, Seq2SeqSpec spec) {
    Seq2SeqSpec.Sizes sizes = spec.sizes();
    this.spec = spec;
    this.read = LayeredForward.tokens(tf, TensorNames.INPUT_IDS);
    this.mask = LayeredForward.tokens(tf, TensorNames.ATTENTION_MASK);
    this.written = LayeredForward.tokens(tf, TensorNames.DECODER_INPUT_IDS);
    this.body = Seq2SeqBody.declare(parameters, spec);
    this.logits =
        spec.output().tied()
            ? new Dense(body.words().rows(), true, Optional.empty())
            : Dense.declareWithoutBias(parameters, "lm_head", sizes.hidden(), sizes.vocabulary());
    this.bias =
        spec.output().biased()
            ? Optional.of(parameters.constant("final_logits_bias", 1, sizes.vocabulary()))
            : Optional.empty();
  }

  /** Adds the passes to a graph, over one set of weights. */
  public static ForwardModel build(Graph graph, Seq2SeqSpec spec, LayeredForward.Options options) {
    List<ForwardCall> writing = new ArrayList<>();
    ForwardModel model =
        LayeredForward.build(
            graph,
            options,
            (tf, parameters) -> {
              Seq2SeqModel built = new Seq2SeqModel(tf, parameters, spec);
              if (!options.training()) {
                writing.addAll(built.writing(tf));
              }
              return new LayeredForward.Network(built.inputs(), built::through);
            });
    for (ForwardCall call : writing) {
      model = model.with(call);
    }
    return model;
  }

  private List<ForwardCall> writing(Ops outer) {
    ForwardContext reading = ForwardContext.evaluating(outer.withSubScope(READING));
    Map<String, Output<?>> known =
        TextWriting.named(
            CROSS,
            body.decoder().known(reading, read(reading.within("encoder"), new LinkedHashMap<>())));
    ForwardContext pass = ForwardContext.evaluating(outer.withSubScope(TextWriting.WRITING));
    Ops tf = pass.tf();
    Operand<TInt32> all = LayeredForward.tokens(tf, TextWriting.MASK);
    KeyValueCache cache = new KeyValueCache(SequenceShape.of(tf, all));
    SequenceShape extent = SequenceShape.of(tf, written);
    SequenceShape source = SequenceShape.of(tf, mask);
    List<KeyValueCache.KeyValues> fed = fed(tf);
    Operand<TFloat32> rows =
        body.decoder()
            .next(
                pass,
                body.look(tf, written),
                extent,
                cache,
                new Stack.Read(fed, source, AttentionBias.padding(tf, mask, source))); // [N, H]
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    inputs.put(TensorNames.ATTENTION_MASK, mask.asOutput());
    inputs.put(TensorNames.DECODER_INPUT_IDS, written.asOutput());
    inputs.put(TextWriting.MASK, all.asOutput());
    inputs.putAll(TextWriting.named(CROSS, fed));
    inputs.putAll(TextWriting.before(cache.layers()));
    Map<String, Output<?>> made = TextWriting.after(cache.layers());
    Map<String, Output<?>> outputs = TextWriting.next(tf, logits(pass, extent.last(tf, rows)));
    outputs.putAll(made);
    List<String> state = new ArrayList<>(known.keySet());
    state.addAll(made.keySet());
    return List.of(
        new ForwardCall(
            READING,
            Map.of(
                TensorNames.INPUT_IDS, read.asOutput(),
                TensorNames.ATTENTION_MASK, mask.asOutput()),
            known,
            List.of()),
        new ForwardCall(TextWriting.WRITING, inputs, outputs, List.of()),
        TextWriting.selecting(outer, state));
  }

  /** Placeholders for the keys and values of each block of the decoder. */
  private List<KeyValueCache.KeyValues> fed(Ops tf) {
    Seq2SeqSpec.Blocks sizes = spec.sizes().decoder();
    Shape shape = Shape.of(Shape.UNKNOWN_SIZE, sizes.heads(), Shape.UNKNOWN_SIZE, sizes.headSize());
    List<KeyValueCache.KeyValues> fed = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      fed.add(
          new KeyValueCache.KeyValues(
              tf.placeholder(TFloat32.class, Placeholder.shape(shape)),
              tf.placeholder(TFloat32.class, Placeholder.shape(shape))));
    }
    return fed;
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
    Seq2SeqBody.Text text = body.read(pass, read, mask);
    put(outputs, ENCODER_STATE, text.states());
    return text.memory();
  }

  private void write(ForwardContext pass, Memory memory, Map<String, Output<?>> outputs) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, written);
    List<Operand<TFloat32>> states = body.write(pass, written, memory);
    put(outputs, DECODER_STATE, states);
    Operand<TFloat32> last = states.get(states.size() - 1); // [B * T, H]
    outputs.put(
        TensorNames.LOGITS,
        extent.perExample(tf, logits(pass, last), spec.sizes().vocabulary()).asOutput());
    outputs.put(TensorNames.NEXT_LOGITS, logits(pass, extent.last(tf, last)).asOutput()); // [B, V]
  }

  private Operand<TFloat32> logits(ForwardContext pass, Operand<TFloat32> rows) {
    Ops tf = pass.tf();
    float scale = (float) (1 / Math.sqrt(spec.sizes().hidden()));
    Operand<TFloat32> made =
        logits.apply(pass, spec.output().scaled() ? tf.math.mul(rows, tf.constant(scale)) : rows);
    return bias.isPresent() ? tf.math.add(made, bias.get()) : made;
  }

  private static void put(
      Map<String, Output<?>> outputs, String name, List<Operand<TFloat32>> states) {
    for (int i = 0; i < states.size(); i++) {
      outputs.put(name + i, states.get(i).asOutput());
    }
  }
}
