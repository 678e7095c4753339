package dev.belay.graph;

import static dev.belay.graph.GoldenTraining.batch;
import static dev.belay.graph.GoldenTraining.compare;
import static dev.belay.graph.GoldenTraining.constantRate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.GoldenTraining.Batch;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;

/**
 * Trains SavedModels that Python wrote as TensorFlow Python trained them: the same batch at every
 * step, no dropout, clipped by the dense norm.
 */
@Tag("long")
class ParityTest {
  private static final Optimizer ADAM = Adam.of(new Moments(0.9, 0.999, 1e-8));
  private static final Optimizer BERT_ADAM =
      Adam.ofBert(new Moments(0.9, 0.999, 1e-6), DecayRule.ofWeights(0.01));

  @ParameterizedTest
  @CsvSource({
    "savedmodel_keras_bert, adam_dense, serving",
    "savedmodel_keras_bert, adamw_dense, training",
    "savedmodel_hf_bert, adam_dense, serving",
    "savedmodel_hf_bert, adamw_dense, serving"
  })
  void trainsAsPythonForTwentySteps(String fixture, String training, String function)
      throws IOException {
    assertTrainsAsPython(fixture, training, function);
  }

  /** The acceptance tests train these by the command line. */
  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"savedmodel_keras_bert", "savedmodel_hf_bert"})
  void trainsThroughTheTrainingCallAsPython(String fixture) throws IOException {
    assertTrainsAsPython(fixture, "adam_dense", "training");
  }

  private static void assertTrainsAsPython(String fixture, String training, String function)
      throws IOException {
    JsonNode golden =
        Fixtures.json(Fixtures.path(fixture, "goldens.json")).get("trainings").get(training);
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path(fixture, "goldens.npz"));
    FixtureModel model = model(Fixtures.path(fixture, "saved_model"), function);
    Optimizer optimizer = training.startsWith("adamw") ? BERT_ADAM : ADAM;
    List<float[]> steps =
        train(model, new Batch(batch(arrays), arrays.get("batch/labels")), optimizer, golden);
    compare(golden.get("loss"), golden.get("pre_clip_norm"), steps);
  }

  /** As TensorFlow Python clips by default: each row of a looked-up table counts apart. */
  @ParameterizedTest
  @CsvSource({
    "savedmodel_keras_bert, serving",
    "savedmodel_keras_bert, training",
    "savedmodel_hf_bert, serving",
    "savedmodel_hf_bert, training"
  })
  void clipsByTheNormOfTensorFlowPythonOnRequest(String fixture, String function)
      throws IOException {
    JsonNode goldens = Fixtures.json(Fixtures.path(fixture, "goldens.json"));
    JsonNode golden = goldens.get("trainings").get("adam_slices");
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path(fixture, "goldens.npz"));
    FixtureModel model = model(Fixtures.path(fixture, "saved_model"), function);
    Batch batch = new Batch(batch(arrays), arrays.get("batch/labels"));
    List<Float> rates = new ArrayList<>();
    golden.get("lr").forEach(rate -> rates.add((float) rate.asDouble()));
    ImportOptions options = ImportOptions.of(Dropout.OFF, 1);
    List<float[]> steps = train(model, batch, new Rules(ADAM, NormRows.TF), options, rates);
    compare(golden.get("loss"), golden.get("pre_clip_norm"), steps);
    float dense = train(model, batch, ADAM, options, rates.subList(0, 1)).get(0)[1];
    // Rows that point away from each other are larger apart than together.
    assertTrue(Math.abs(steps.get(0)[1] / dense - 1) > 0.01, steps.get(0)[1] + " beside " + dense);
  }

  @Test
  void twoRunsAreEqualToTheLastBit() throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("savedmodel_hf_bert", "goldens.npz"));
    FixtureModel model = model(Fixtures.path("savedmodel_hf_bert", "saved_model"), "training");
    Batch batch = new Batch(batch(arrays), arrays.get("batch/labels"));
    // With its dropout: that of the training call, drawn from seed and step.
    ImportOptions options = ImportOptions.of(Dropout.ON, 7);
    List<float[]> steps = train(model, batch, ADAM, options, constantRate(10));
    List<float[]> again = train(model, batch, ADAM, options, constantRate(10));
    List<float[]> other =
        train(model, batch, ADAM, ImportOptions.of(Dropout.ON, 8), constantRate(1));
    for (int i = 0; i < steps.size(); i++) {
      assertArrayEquals(steps.get(i), again.get(i), "step " + (i + 1));
    }
    assertFalse(steps.get(0)[0] == other.get(0)[0], "the seed does not matter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b"})
  void aSavedGradientOfTheAuthorIsUsed(String batch) throws IOException {
    JsonNode golden = tfModule().get("batches").get(batch).get("trainings").get("adam_dense");
    List<float[]> steps = train(module("saved_model"), moduleBatch(batch), ADAM, golden);
    compare(golden.get("loss"), golden.get("pre_clip_norm"), steps);
  }

  @Test
  void aLostGradientOfTheAuthorIsRefusedByName() throws IOException {
    FixtureModel model = module("saved_model_no_custom_gradients");
    JsonNode golden = tfModule().get("batches").get("a").get("trainings").get("adam_dense");
    UntrainableModelException refused =
        assertThrows(
            UntrainableModelException.class, () -> train(model, moduleBatch("a"), ADAM, golden));
    assertTrue(
        refused.getMessage().contains("(CustomGradient-")
            && refused.getMessage().contains("experimental_custom_gradients=True"),
        refused.getMessage());
  }

  @Test
  void aLostGradientMayBeReplacedByTheNaturalOneOnRequest() throws IOException {
    FixtureModel model = module("saved_model_no_custom_gradients");
    JsonNode golden = tfModule().get("batches").get("a");
    ImportOptions accepting = new ImportOptions(Dropout.OFF, 1, spec -> true, gradient -> true);
    JsonNode training = golden.get("trainings").get("adam_dense");
    float[] first = train(model, moduleBatch("a"), ADAM, training, accepting).get(0);
    Agreement.assertClose(
        golden.get("natural_gradient").get("global_norm_dense").asDouble(),
        first[1],
        Agreement.FORWARD,
        "norm");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ref", "resource"})
  void trainsThroughAGraphOfTensorFlowOne(String kind) throws IOException {
    JsonNode golden =
        Fixtures.json(Fixtures.path("savedmodel_tf1", "goldens.json")).get("models").get(kind);
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("savedmodel_tf1", "goldens.npz"));
    FixtureModel model = model(Fixtures.path("savedmodel_tf1", "saved_model_" + kind), "serving");
    JsonNode losses = golden.get("losses_adam_1e-3_clip1");
    List<float[]> steps =
        train(
            model,
            new Batch(batch(arrays), arrays.get("batch/labels")),
            ADAM,
            ImportOptions.of(Dropout.OFF, 1),
            constantRate(losses.size()));
    compare(losses, golden.get("pre_clip_norms"), steps);
  }

  @ParameterizedTest
  @ValueSource(strings = {"albert", "distilbert", "electra", "gpt2", "roberta", "t5"})
  void trainsTheFamiliesOfHuggingFace(String family) throws IOException {
    assertTrainsAsPython(family, "serving");
  }

  /** The acceptance tests train these by the command line. */
  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"albert", "distilbert", "electra", "gpt2", "roberta", "t5"})
  void trainsTheFamiliesThroughTheirTrainingCall(String family) throws IOException {
    assertTrainsAsPython(family, "training");
  }

  private static void assertTrainsAsPython(String family, String function) throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("families", family, "goldens.json"));
    Map<String, Npz.Array> inputs = new LinkedHashMap<>();
    golden.get("batch").properties().forEach(e -> inputs.put(e.getKey(), ints(e.getValue())));
    JsonNode labels = golden.has("labels") ? golden.get("labels") : golden.get("label");
    JsonNode training = golden.get("training");
    List<float[]> steps =
        train(
            model(Fixtures.path("families", family, "saved_model"), function),
            new Batch(inputs, ints(labels)),
            ADAM,
            ImportOptions.of(Dropout.OFF, 1),
            constantRate(training.get("steps").asInt()));
    compare(training.get("loss"), training.get("pre_clip_norm_dense"), steps);
  }

  private static List<float[]> train(
      FixtureModel model, Batch batch, Optimizer optimizer, JsonNode golden) throws IOException {
    return train(model, batch, optimizer, golden, ImportOptions.of(Dropout.OFF, 1));
  }

  private static List<float[]> train(
      FixtureModel model, Batch batch, Optimizer optimizer, JsonNode golden, ImportOptions options)
      throws IOException {
    List<Float> rates = new ArrayList<>();
    golden.get("lr").forEach(rate -> rates.add((float) rate.asDouble()));
    return train(model, batch, optimizer, options, rates);
  }

  private record Rules(Optimizer optimizer, NormRows rows) {}

  private static List<float[]> train(
      FixtureModel model,
      Batch batch,
      Optimizer optimizer,
      ImportOptions options,
      List<Float> rates)
      throws IOException {
    return train(model, batch, new Rules(optimizer, NormRows.DENSE), options, rates);
  }

  /** Loss and norm of each step. */
  private static List<float[]> train(
      FixtureModel model, Batch batch, Rules rules, ImportOptions options, List<Float> rates)
      throws IOException {
    List<float[]> measured = new ArrayList<>();
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      ForwardSpec spec = model.spec();
      ForwardModel forward = ImportedForward.importInto(graph, spec, options);
      ForwardCall call = forward.call("call");
      String output =
          call.outputs().keySet().stream()
              .filter(name -> name.endsWith("logits"))
              .findFirst()
              .orElse(call.outputs().keySet().iterator().next());
      TrainStep step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  forward,
                  new ForwardPass(call, call.output(output)),
                  Optional.empty(),
                  new SparseSoftmaxCrossEntropy(),
                  new GradientPlan(false, Optional.empty(), List.of(), rules.rows()),
                  new GlobalNormClip(1),
                  rules.optimizer(),
                  name -> false));
      Session.Runner first = session.runner();
      step.initializers().forEach(first::addTarget);
      first.run();
      model.restore(session, forward.variables());
      step.settle().ifPresent(settle -> session.runner().addTarget(settle).run());
      measured.addAll(GoldenTraining.run(session, step, batch, rates));
    }
    return measured;
  }

  private static FixtureModel model(Path folder, String function) throws IOException {
    return function.equals("training")
        ? FixtureModel.call(folder, true)
        : FixtureModel.signature(folder, "signatures/serving_default");
  }

  private static FixtureModel module(String folder) throws IOException {
    return FixtureModel.signature(
        Fixtures.path("savedmodel_tfmodule", folder), "signatures/train_logits");
  }

  private static JsonNode tfModule() throws IOException {
    return Fixtures.json(Fixtures.path("savedmodel_tfmodule", "goldens.json"));
  }

  private static Batch moduleBatch(String batch) throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("savedmodel_tfmodule", "goldens.npz"));
    return new Batch(
        Map.of("ids", arrays.get(batch + "/ids"), "mask", arrays.get("mask")),
        arrays.get("labels"));
  }

  private static Npz.Array ints(JsonNode nested) {
    List<Long> sizes = new ArrayList<>();
    for (JsonNode at = nested; at.isArray(); at = at.get(0)) {
      sizes.add((long) at.size());
    }
    Shape shape = Shape.of(sizes.stream().mapToLong(size -> size).toArray());
    ByteBuffer bytes =
        ByteBuffer.allocate((int) shape.size() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    put(nested, bytes);
    return new Npz.Array("<i4", shape, bytes.flip());
  }

  private static void put(JsonNode nested, ByteBuffer bytes) {
    if (nested.isArray()) {
      nested.forEach(inner -> put(inner, bytes));
    } else {
      bytes.putInt(nested.asInt());
    }
  }
}
