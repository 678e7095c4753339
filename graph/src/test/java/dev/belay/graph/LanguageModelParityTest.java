package dev.belay.graph;

import static dev.belay.graph.GoldenTraining.batch;
import static dev.belay.graph.GoldenTraining.compare;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.GoldenTraining.Batch;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;

/**
 * The decoder and the encoder with a decoder that Belay builds compute and train as Hugging Face's
 * in TensorFlow Python, from each of the files that their weights lie in.
 */
@Tag("long")
class LanguageModelParityTest {
  /** Names of the goldens' states and of the model's. */
  private static final Map<String, Map<String, String>> STATES =
      Map.of(
          "gpt2_tiny", Map.of("hidden/", "state_"),
          "t5_tiny",
              Map.of("encoder_hidden/", "encoder_state_", "decoder_hidden/", "decoder_state_"));

  @ParameterizedTest
  @CsvSource({
    "gpt2_tiny, tf_model.h5",
    "gpt2_tiny, model.safetensors",
    "gpt2_tiny, ckpt",
    "t5_tiny, tf_model.h5",
    "t5_tiny, model.safetensors",
    "t5_tiny, ckpt"
  })
  void everyHiddenStateAndTheLogitsAreThoseOfPython(String fixture, String file)
      throws IOException {
    Map<String, Npz.Array> arrays = arrays(fixture);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = LanguageModels.of(fixture, graph);
      LanguageModels.restore(session, model.variables(), weights(fixture, file));
      ForwardCall call = model.call(LayeredForward.EVALUATION);
      Map<String, String> expected = new LinkedHashMap<>(Map.of("logits", "logits"));
      STATES
          .get(fixture)
          .forEach(
              (golden, own) -> {
                for (int layer = 0; layer <= 2; layer++) {
                  expected.put(golden + layer, own + layer);
                }
              });
      List<Output<?>> wanted = new ArrayList<>();
      expected.values().forEach(own -> wanted.add(call.output(own)));
      Iterator<float[]> found = run(session, call.inputs(), batch(arrays), wanted).iterator();
      expected
          .keySet()
          .forEach(name -> Agreement.assertForward(arrays.get(name).floats(), found.next(), name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2_tiny", "t5_tiny"})
  void trainsAsPythonForFiveSteps(String fixture) throws IOException {
    assertTrainsAsPython(fixture, "model.safetensors");
  }

  /** The acceptance tests train these by the command line. */
  @ParameterizedTest
  @Tag("slow")
  @CsvSource({"gpt2_tiny, tf_model.h5", "gpt2_tiny, ckpt", "t5_tiny, tf_model.h5", "t5_tiny, ckpt"})
  void trainsWeightsOfOtherFormatsAsPython(String fixture, String file) throws IOException {
    assertTrainsAsPython(fixture, file);
  }

  private static void assertTrainsAsPython(String fixture, String file) throws IOException {
    JsonNode golden = goldens(fixture).get("trainings").get("adam_dense");
    List<Float> rates = new ArrayList<>();
    golden.get("lr").forEach(rate -> rates.add((float) rate.asDouble()));
    Map<String, Npz.Array> arrays = arrays(fixture);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = LanguageModels.of(fixture, graph);
      ForwardCall call = model.call(LayeredForward.TRAINING);
      TrainStep step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  new ForwardPass(call, call.output("logits")),
                  Optional.empty(),
                  new SparseSoftmaxCrossEntropy(),
                  GradientPlan.PLAIN,
                  new GlobalNormClip(1),
                  Adam.of(new Moments(0.9, 0.999, 1e-8)),
                  name -> false));
      Session.Runner first = session.runner();
      step.initializers().forEach(first::addTarget);
      first.run();
      LanguageModels.restore(session, model.variables(), weights(fixture, file));
      compare(
          golden.get("loss"),
          golden.get("pre_clip_norm"),
          GoldenTraining.run(
              session, step, new Batch(batch(arrays), labels(fixture, arrays)), rates));
    }
  }

  /** The global norm could hide a gradient that is wrong where it is small. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2_tiny", "t5_tiny"})
  void theGradientByEachWeightHasTheNormOfPython(String fixture) throws IOException {
    Map<String, String> names = new HashMap<>();
    for (JsonNode name : Fixtures.json(Fixtures.path(fixture, "names.json"))) {
      names.put(name.get("tf").textValue().replace(":0", ""), name.get("pt").textValue());
    }
    Map<String, Double> expected = new HashMap<>();
    for (JsonNode variable : goldens(fixture).get("variables")) {
      expected.put(
          names.get(variable.get("name").textValue()), variable.get("grad_norm").asDouble());
    }
    Map<String, Npz.Array> arrays = arrays(fixture);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = LanguageModels.of(fixture, graph);
      LanguageModels.restore(session, model.variables(), weights(fixture, "model.safetensors"));
      ForwardCall call = model.call(LayeredForward.TRAINING);
      Ops tf = Ops.create(graph);
      LossTensors loss = new SparseSoftmaxCrossEntropy().build(tf, call.output("logits"));
      Gradients gradients =
          Gradients.of(
              tf, loss.mean(), model.variables().all(), model.savedGradients(), name -> false);
      Map<String, Output<?>> inputs = new LinkedHashMap<>(call.inputs());
      inputs.put("labels", loss.labels());
      Map<String, Npz.Array> fed = batch(arrays);
      fed.put("labels", labels(fixture, arrays));
      assertEquals(expected.size(), gradients.gradients().size());
      List<Output<?>> wanted = new ArrayList<>();
      gradients.gradients().forEach(gradient -> wanted.add(gradient.value().asOutput()));
      List<float[]> found = run(session, inputs, fed, wanted);
      for (int i = 0; i < found.size(); i++) {
        double squares = 0;
        for (float element : found.get(i)) {
          squares += (double) element * element;
        }
        String name = gradients.gradients().get(i).variable().name();
        Agreement.assertClose(expected.get(name), Math.sqrt(squares), 1e-4, name);
      }
    }
  }

  /** Of an example with padding, the last token is not at the end. */
  @Test
  void whatComesNextIsWhatComesAfterTheLastToken() throws IOException {
    Map<String, Npz.Array> arrays = arrays("gpt2_tiny");
    int[] mask = arrays.get("batch/attention_mask").ints();
    float[] logits = arrays.get("logits").floats();
    float[] expected = new float[4 * 256];
    for (int example = 0; example < 4; example++) {
      int last = 15;
      while (mask[example * 16 + last] == 0) {
        last--;
      }
      System.arraycopy(logits, (example * 16 + last) * 256, expected, example * 256, 256);
    }
    Agreement.assertForward(expected, evaluated("gpt2_tiny", "next_logits"), "next logits");
  }

  private static float[] evaluated(String fixture, String output) throws IOException {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardModel model = LanguageModels.of(fixture, graph);
      LanguageModels.restore(session, model.variables(), weights(fixture, "ckpt"));
      ForwardCall call = model.call(LayeredForward.EVALUATION);
      return run(session, call.inputs(), batch(arrays(fixture)), call.output(output));
    }
  }

  private static Map<String, Npz.Array> arrays(String fixture) throws IOException {
    return Npz.read(Fixtures.path(fixture, "goldens.npz"));
  }

  private static JsonNode goldens(String fixture) throws IOException {
    return Fixtures.json(Fixtures.path(fixture, "goldens.json"));
  }

  private static NamedTensors weights(String fixture, String file) throws IOException {
    return WeightReader.read(Fixtures.path(fixture).resolve(file)).canonical();
  }

  /** The goldens of GPT-2 hold the tokens themselves; the label of a position is the next one. */
  private static Npz.Array labels(String fixture, Map<String, Npz.Array> arrays) {
    Npz.Array labels = arrays.get("batch/labels");
    if (!fixture.equals("gpt2_tiny")) {
      return labels;
    }
    int[] tokens = labels.ints();
    ByteBuffer shifted =
        ByteBuffer.allocate(tokens.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tokens.length; i++) {
      boolean ends = i % 16 == 15;
      shifted.putInt(ends ? SparseSoftmaxCrossEntropy.IGNORED_LABEL : tokens[i + 1]);
    }
    return new Npz.Array("<i4", labels.shape(), shifted.flip());
  }

  private static float[] run(
      Session session,
      Map<String, Output<?>> inputs,
      Map<String, Npz.Array> values,
      Output<?> wanted) {
    return run(session, inputs, values, List.of(wanted)).get(0);
  }

  private static List<float[]> run(
      Session session,
      Map<String, Output<?>> inputs,
      Map<String, Npz.Array> values,
      List<Output<?>> wanted) {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    inputs.forEach(
        (name, input) -> {
          Npz.Array value = values.get(name);
          fed.add(
              value.dtype().equals("<f4")
                  ? TensorData.of(value.shape(), value.floats())
                  : TensorData.of(value.shape(), value.ints()));
          runner.feed(input, fed.get(fed.size() - 1));
        });
    wanted.forEach(runner::fetch);
    try (Result result = runner.run()) {
      List<float[]> found = new ArrayList<>();
      for (Map.Entry<String, Tensor> entry : result) {
        found.add(TensorData.floats(entry.getValue()));
      }
      return found;
    } finally {
      fed.forEach(Tensor::close);
    }
  }
}
