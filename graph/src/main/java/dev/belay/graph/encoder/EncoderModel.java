package dev.belay.graph.encoder;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
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
    return LayeredForward.build(
        graph,
        options.layers(),
        (tf, parameters) -> {
          Encoder encoder = new Encoder(parameters, spec);
          EncoderInputs inputs = EncoderInputs.of(tf, spec.sizes().types() > 0);
          int hidden = spec.sizes().hidden();
          return new LayeredForward.Network(
              inputs.named(),
              pass ->
                  outputs(
                      pass,
                      inputs,
                      encoder.encode(pass, inputs, options.reading()),
                      options.reading() == Pooling.FIRST_TOKEN ? 0 : hidden));
        });
  }

  /**
   * Names the outputs.
   *
   * @param width of a token's features, or 0 if the rows are one for each example already
   */
  private static Map<String, Output<?>> outputs(
      ForwardContext pass, EncoderInputs inputs, List<Operand<TFloat32>> states, int width) {
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    for (int i = 0; i < states.size(); i++) {
      outputs.put(TensorNames.STATE + i, states.get(i).asOutput());
    }
    Operand<TFloat32> last = states.get(states.size() - 1);
    Operand<TFloat32> features =
        width == 0
            ? last
            : SequenceShape.of(pass.tf(), inputs.ids()).perExample(pass.tf(), last, width);
    outputs.put(TensorNames.FEATURES, features.asOutput());
    return outputs;
  }
}
