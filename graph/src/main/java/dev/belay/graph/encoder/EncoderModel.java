package dev.belay.graph.encoder;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Builds an encoder with a training pass and an evaluation pass. */
public final class EncoderModel {
  /** The pass with dropout. */
  public static final String TRAINING = LayeredForward.TRAINING;

  /** The pass without dropout. */
  public static final String EVALUATION = LayeredForward.EVALUATION;

  private EncoderModel() {}

  /**
   * Options for building an encoder.
   *
   * @param layers options of any layered model
   * @param reading the part of the output that is read
   */
  public record Options(LayeredForward.Options layers, Pooling reading) {

    /** Options for both passes, without adapters. */
    public Options(
        Parameters.Initialization beginning,
        Predicate<VariableSpec> trains,
        boolean dropout,
        Pooling reading) {
      this(new LayeredForward.Options(beginning, trains, dropout), reading);
    }
  }

  /** Adds the passes to a graph, over one set of weights. */
  public static ForwardModel build(Graph graph, EncoderSpec spec, Options options) {
    Rows rows = new Rows(spec.sizes().hidden(), spec.sizes().types() > 0);
    return build(graph, rows, options, parameters -> new Encoder(parameters, spec));
  }

  /** The same of an encoder with rotary positions. */
  public static ForwardModel build(Graph graph, RotaryEncoderSpec spec, Options options) {
    Rows rows = new Rows(spec.sizes().hidden(), false);
    return build(graph, rows, options, parameters -> new RotaryEncoder(parameters, spec));
  }

  /** The same of an encoder that attends to contents and distances. */
  public static ForwardModel build(Graph graph, DisentangledEncoderSpec spec, Options options) {
    EncoderSpec.Sizes sizes = spec.encoder().sizes();
    Rows rows = new Rows(sizes.hidden(), sizes.types() > 0);
    return build(graph, rows, options, parameters -> new DisentangledEncoder(parameters, spec));
  }

  /**
   * Rows of an encoder.
   *
   * @param width H
   * @param typed whether tokens have types
   */
  private record Rows(int width, boolean typed) {}

  private static ForwardModel build(
      Graph graph, Rows rows, Options options, Function<Parameters, TokenEncoder> layers) {
    return LayeredForward.build(
        graph,
        options.layers(),
        (tf, parameters) -> {
          TokenEncoder encoder = layers.apply(parameters);
          EncoderInputs inputs = EncoderInputs.of(tf, rows.typed());
          return new LayeredForward.Network(
              inputs.named(),
              pass -> {
                PackedTokens tokens = PackedTokens.of(pass.tf(), inputs.mask());
                List<Operand<TFloat32>> states =
                    encoder.encode(pass, inputs, tokens, options.reading());
                Operand<TFloat32> last = states.get(states.size() - 1);
                return outputs(
                    states,
                    options.reading() == Pooling.FIRST_TOKEN
                        ? last
                        : perToken(pass.tf(), inputs, tokens, last, rows.width()));
              });
        });
  }

  /** [M, H] to [B, T, H]. */
  private static Operand<TFloat32> perToken(
      Ops tf, EncoderInputs inputs, PackedTokens tokens, Operand<TFloat32> rows, int hidden) {
    return SequenceShape.of(tf, inputs.ids()).perExample(tf, tokens.unpack(tf, rows), hidden);
  }

  private static Map<String, Output<?>> outputs(
      List<Operand<TFloat32>> states, Operand<TFloat32> features) {
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    for (int i = 0; i < states.size(); i++) {
      outputs.put(TensorNames.STATE + i, states.get(i).asOutput());
    }
    outputs.put(TensorNames.FEATURES, features.asOutput());
    return outputs;
  }
}
