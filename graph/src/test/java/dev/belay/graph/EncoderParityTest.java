package dev.belay.graph;

import static dev.belay.graph.GoldenTraining.batch;
import static dev.belay.graph.GoldenTraining.compare;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.GoldenTraining.Batch;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.SequenceHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightReader;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The encoder that Belay builds computes and trains as Hugging Face's in TensorFlow Python. */
@Tag("long")
class EncoderParityTest {
  private static final Parameters.Initialization RESTORED =
      new Parameters.Initialization(name -> false, 0.02, 1);

  @ParameterizedTest
  @CsvSource({"goldens, GELU", "goldens_gelu_tanh, GELU_TANH"})
  void everyHiddenStateIsThatOfPython(String goldens, Activation activation) throws IOException {
    Map<String, Npz.Array> arrays = arrays(goldens);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = model(graph, activation, Pooling.ALL_TOKENS);
      restore(session, model.variables());
      ForwardCall call = model.call(EncoderModel.EVALUATION);
      for (int layer = 0; layer <= 2; layer++) {
        float[] found =
            run(session, call, call.output(TensorNames.STATE + layer).expect(TFloat32.class));
        Agreement.assertForward(arrays.get("hidden/" + layer).floats(), found, "layer " + layer);
      }
    }
  }

  /** The last block computes one token of each example, and the same numbers. */
  @Test
  void theFirstTokenIsTheFirstOfAllTokens() throws IOException {
    float[] all = features(Pooling.ALL_TOKENS);
    float[] first = features(Pooling.FIRST_TOKEN);
    for (int example = 0; example < 4; example++) {
      for (int i = 0; i < 32; i++) {
        Agreement.assertClose(
            all[example * 16 * 32 + i], first[example * 32 + i], Agreement.FORWARD, "feature " + i);
      }
    }
  }

  private static float[] features(Pooling reading) throws IOException {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = model(graph, Activation.GELU, reading);
      restore(session, model.variables());
      ForwardCall call = model.call(EncoderModel.EVALUATION);
      return run(session, call, call.output(TensorNames.FEATURES).expect(TFloat32.class));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "goldens, GELU, adam_dense",
    "goldens, GELU, adamw_dense",
    "goldens_gelu_tanh, GELU_TANH, adam_dense",
    "goldens_gelu_tanh, GELU_TANH, adamw_dense"
  })
  void trainsAsPythonForTwentySteps(String goldens, Activation activation, String training)
      throws IOException {
    JsonNode golden =
        Fixtures.json(Fixtures.path("bert_tf1_ckpt", goldens + ".json"))
            .get("trainings")
            .get(training);
    Optimizer optimizer =
        training.equals("adam_dense")
            ? Adam.of(new Moments(0.9, 0.999, 1e-8))
            : Adam.ofBert(new Moments(0.9, 0.999, 1e-6), DecayRule.ofWeights(0.01));
    List<Float> rates = new ArrayList<>();
    golden.get("lr").forEach(rate -> rates.add((float) rate.asDouble()));
    Map<String, Npz.Array> arrays = arrays("goldens");
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = model(graph, activation, Pooling.FIRST_TOKEN);
      ForwardCall call = model.call(EncoderModel.TRAINING);
      AttachedHead head =
          new SequenceHead(
                  SequenceHead.Form.BERT, 2, 0, new HeadWeights(RESTORED, variable -> true))
              .attach(Ops.create(graph).withSubScope("head"), call.output(TensorNames.FEATURES));
      TrainStep step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  new ForwardPass(call, call.output(TensorNames.FEATURES)),
                  Optional.of(head),
                  new SparseSoftmaxCrossEntropy(),
                  GradientPlan.PLAIN,
                  new GlobalNormClip(1),
                  optimizer,
                  name -> false));
      Session.Runner first = session.runner();
      step.initializers().forEach(first::addTarget);
      first.run();
      restore(session, model.variables());
      restore(session, head.variables());
      compare(
          golden.get("loss"),
          golden.get("pre_clip_norm"),
          GoldenTraining.run(
              session, step, new Batch(batch(arrays), arrays.get("batch/labels")), rates));
    }
  }

  private static Map<String, Npz.Array> arrays(String goldens) throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("bert_tf1_ckpt", goldens + ".npz"));
    return arrays;
  }

  private static ForwardModel model(Graph graph, Activation activation, Pooling reading) {
    EncoderSpec spec =
        new EncoderSpec(
            EncoderNames.BERT,
            new EncoderSpec.Sizes(300, 32, 32, 2, 4, 64, 32, 2),
            new EncoderSpec.Sharing(2, 1),
            false,
            EncoderSpec.Positions.ADDED,
            false,
            activation,
            1e-12,
            new EncoderSpec.Rates(0, 0, 0, 0));
    return EncoderModel.build(
        graph, spec, new EncoderModel.Options(RESTORED, variable -> true, false, reading));
  }

  private static void restore(Session session, Variables variables) throws IOException {
    NamedTensors weights =
        WeightReader.read(Fixtures.path("bert_tf1_ckpt").resolve("model.ckpt-20")).canonical();
    for (GraphVariable variable : variables) {
      FloatBuffer values = weights.read(variable.name()).asFloatBuffer();
      float[] floats = new float[values.remaining()];
      values.get(floats);
      try (Tensor value = TFloat32.tensorOf(variable.spec().shape(), DataBuffers.of(floats))) {
        session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
      }
    }
  }

  private static float[] run(Session session, ForwardCall call, Operand<TFloat32> wanted)
      throws IOException {
    Map<String, Npz.Array> inputs = batch(arrays("goldens"));
    Session.Runner runner = session.runner();
    call.inputs()
        .forEach(
            (name, input) ->
                runner.feed(
                    input, TensorData.of(inputs.get(name).shape(), inputs.get(name).ints())));
    try (Result result = runner.fetch(wanted).run()) {
      return TensorData.floats(result.get(0));
    }
  }
}
