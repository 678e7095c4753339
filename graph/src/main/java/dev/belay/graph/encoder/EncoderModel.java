package dev.belay.graph.encoder;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.layer.Extent;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Pass;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Builds an encoder with a pass to train through and a pass to evaluate through. */
public final class EncoderModel {
  /** The pass that drops. */
  public static final String TRAINING = "training";

  /** The pass that does not. */
  public static final String EVALUATION = "evaluation";

  /** What a head reads: [B, H] or [B, T, H], by the {@link Reading}. */
  public static final String FEATURES = "features";

  /** The rows after the embeddings, and with the number after it after each layer: [N, H]. */
  public static final String STATE = "state_";

  private static final long FIRST_SITE = 1_000;

  private EncoderModel() {}

  /**
   * How it is built.
   *
   * @param beginning of weights that no file holds
   * @param trains which weights train
   * @param dropout whether the training pass drops
   * @param reading what of the output is read
   */
  public record Options(
      Parameters.Beginning beginning,
      Predicate<VariableSpec> trains,
      boolean dropout,
      Reading reading) {}

  /** Adds both passes to a graph, over one set of weights. */
  public static ForwardModel build(Graph graph, EncoderSpec spec, Options options) {
    Ops tf = Ops.create(graph);
    Parameters parameters =
        new Parameters(tf.withSubScope("weights"), options.beginning(), options.trains());
    Encoder encoder = new Encoder(parameters, spec);
    EncoderInputs inputs = EncoderInputs.of(tf, spec.sizes().types() > 0);
    Operand<TInt64> step =
        tf.withName("belay_step").placeholder(TInt64.class, Placeholder.shape(Shape.scalar()));
    Ops inTraining = tf.withSubScope(TRAINING);
    Pass training =
        options.dropout()
            ? Pass.training(
                inTraining, new Pass.Draws(options.beginning().seed(), step, FIRST_SITE))
            : Pass.evaluating(inTraining);
    Map<String, ForwardCall> calls = new LinkedHashMap<>();
    calls.put(TRAINING, call(TRAINING, training, encoder, inputs, options.reading(), spec));
    Pass evaluation = Pass.evaluating(tf.withSubScope(EVALUATION));
    calls.put(EVALUATION, call(EVALUATION, evaluation, encoder, inputs, options.reading(), spec));
    return new ForwardModel(
        calls,
        parameters.variables(),
        parameters.initializers(),
        List.of(),
        Map.of(),
        Optional.of(step.asOutput()),
        List.of());
  }

  private static ForwardCall call(
      String name,
      Pass pass,
      Encoder encoder,
      EncoderInputs inputs,
      Reading reading,
      EncoderSpec spec) {
    List<Operand<TFloat32>> states = encoder.encode(pass, inputs, reading);
    Map<String, Output<?>> outputs = new LinkedHashMap<>();
    for (int i = 0; i < states.size(); i++) {
      outputs.put(STATE + i, states.get(i).asOutput());
    }
    Operand<TFloat32> last = states.get(states.size() - 1);
    Operand<TFloat32> features =
        reading == Reading.FIRST_TOKEN
            ? last
            : Extent.of(pass.tf(), inputs.ids()).perExample(pass.tf(), last, spec.sizes().hidden());
    outputs.put(FEATURES, features.asOutput());
    return new ForwardCall(name, inputs.named(), outputs, List.of());
  }
}
