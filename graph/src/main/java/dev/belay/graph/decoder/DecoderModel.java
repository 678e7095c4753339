package dev.belay.graph.decoder;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.forward.TextWriting;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.SequenceShape;
import java.util.ArrayList;
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
 * Builds a decoder with a training pass and an evaluation pass, {@link LayeredForward#TRAINING} and
 * {@link LayeredForward#EVALUATION}. It reads {@code input_ids} and {@code attention_mask} [B, T];
 * positions count from 0, so padding belongs to the right. A model that is not to be trained also
 * has the passes of {@link TextWriting}, where padding belongs to the left.
 */
public final class DecoderModel {

  /** Input of a head for examples: the last token that is not padding, [B, H]. */
  public static final String LAST_FEATURES = "last_features";

  private DecoderModel() {}

  /** Adds both passes to a graph, over one set of weights. */
  public static ForwardModel build(Graph graph, DecoderSpec spec, LayeredForward.Options options) {
    List<ForwardCall> writing = new ArrayList<>();
    ForwardModel model =
        LayeredForward.build(
            graph,
            options,
            (tf, parameters) -> {
              Decoder decoder = new Decoder(parameters, spec);
              Operand<TInt32> ids = LayeredForward.tokens(tf, TensorNames.INPUT_IDS);
              Operand<TInt32> mask = LayeredForward.tokens(tf, TensorNames.ATTENTION_MASK);
              Map<String, Output<?>> inputs = new LinkedHashMap<>();
              inputs.put(TensorNames.INPUT_IDS, ids.asOutput());
              inputs.put(TensorNames.ATTENTION_MASK, mask.asOutput());
              if (!options.training() && decoder.logits().isPresent()) {
                writing.addAll(writing(tf, decoder));
              }
              return new LayeredForward.Network(
                  inputs,
                  pass ->
                      outputs(
                          pass,
                          decoder,
                          decoder.decode(pass, ids, mask),
                          new Read(ids, mask, spec)));
            });
    for (ForwardCall call : writing) {
      model = model.with(call);
    }
    return model;
  }

  private static List<ForwardCall> writing(Ops outer, Decoder decoder) {
    ForwardContext pass = ForwardContext.evaluating(outer.withSubScope(TextWriting.WRITING));
    Ops tf = pass.tf();
    Operand<TInt32> ids = LayeredForward.tokens(tf, TensorNames.INPUT_IDS);
    Operand<TInt32> mask = LayeredForward.tokens(tf, TextWriting.MASK);
    KeyValueCache cache = new KeyValueCache(SequenceShape.of(tf, mask));
    Operand<TFloat32> rows = decoder.decodeNext(pass, ids, mask, cache); // [N, H]
    Operand<TFloat32> last = SequenceShape.of(tf, ids).last(tf, rows); // [B, H]
    Operand<TFloat32> logits = decoder.logits().orElseThrow().apply(pass, last); // [B, V]
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    inputs.put(TensorNames.INPUT_IDS, ids.asOutput());
    inputs.put(TextWriting.MASK, mask.asOutput());
    inputs.putAll(TextWriting.before(cache.layers()));
    Map<String, Output<?>> state = TextWriting.after(cache.layers());
    Map<String, Output<?>> outputs = TextWriting.next(tf, logits);
    outputs.putAll(state);
    return List.of(
        new ForwardCall(TextWriting.WRITING, inputs, outputs, List.of()),
        TextWriting.selecting(outer, state.keySet()));
  }

  /** Inputs of a call, with the specification of the model. */
  private record Read(Operand<TInt32> ids, Operand<TInt32> mask, DecoderSpec spec) {
    /** 1 for tokens, 0 for padding, as a head for whole examples sees it, [B, T]. */
    Operand<TInt32> tokens(Ops tf) {
      OptionalInt paddingId = spec.output().paddingId();
      return paddingId.isEmpty()
          ? mask
          : tf.dtypes.cast(tf.math.notEqual(ids, tf.constant(paddingId.getAsInt())), TInt32.class);
    }
  }

  private static Map<String, Output<?>> outputs(
      ForwardContext pass, Decoder decoder, List<Operand<TFloat32>> states, Read read) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, read.mask());
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    for (int i = 0; i < states.size(); i++) {
      outputs.put(TensorNames.STATE + i, states.get(i).asOutput());
    }
    Operand<TFloat32> rows = states.get(states.size() - 1); // [N, H]
    DecoderSpec.Sizes sizes = read.spec().sizes();
    outputs.put(TensorNames.FEATURES, extent.perExample(tf, rows, sizes.hidden()).asOutput());
    if (decoder.logits().isEmpty()) {
      outputs.put(LAST_FEATURES, extent.lastMarked(tf, rows, read.tokens(tf)).asOutput());
      return outputs;
    }
    Dense logits = decoder.logits().get();
    outputs.put(
        TensorNames.LOGITS,
        extent.perExample(tf, logits.apply(pass, rows), sizes.vocabulary()).asOutput());
    Operand<TFloat32> last = extent.lastMarked(tf, rows, read.mask()); // [B, H]
    outputs.put(LAST_FEATURES, last.asOutput());
    outputs.put(TensorNames.NEXT_LOGITS, logits.apply(pass, last).asOutput());
    return outputs;
  }
}
