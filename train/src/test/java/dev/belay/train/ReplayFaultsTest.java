package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.stability.Cause;
import dev.belay.train.stability.Diagnosis;
import dev.belay.train.stability.Diagnostics;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Faults put into a model or its batch, and what the examination of the step says of each. */
@Tag("long")
class ReplayFaultsTest {
  private static TrainableModel model;
  private static ModelGraph graph;
  private static StepRunner runner;
  private static Map<String, Npz.Array> arrays;

  @BeforeAll
  static void train() throws IOException {
    Path folder = Fixtures.path("savedmodel_hf_bert", "saved_model");
    TrainConfig config = config(ModelConfig.of(folder));
    model = TrainableModel.forTraining(config.model()).decided();
    graph = model.graph(config.model(), 42);
    runner = TrainingSession.training(config, model, graph, 3).runner();
    arrays = Npz.read(Fixtures.path("savedmodel_hf_bert", "goldens.npz"));
  }

  @AfterEach
  void mend() throws IOException {
    TrainingSession.restore(runner, model);
  }

  @AfterAll
  static void close() {
    runner.close();
    graph.close();
  }

  @Test
  void aSoundStepHasNoFault() {
    Diagnosis found = Diagnostics.examine(runner, batch(0), 1, 1);
    assertEquals(Cause.GONE, found.cause());
    assertTrue(found.operation().isEmpty());
    assertTrue(
        found
            .text()
            .startsWith(
                "no single op was found whose result is not finite. Probable cause:"
                    + " run again, the step is finite. "),
        found.text());
  }

  @Test
  void aNaNInAKernel() throws IOException {
    poke("layer_._1/attention/self/query/kernel", 5, Float.NaN);
    Diagnosis found = found(Cause.WEIGHT, "ReadVariableOp");
    assertVariable("layer_._1/attention/self/query/kernel", found);
    assertEquals(1, found.output().orElseThrow().nan());
  }

  @Test
  void anInfiniteRowOfTheTable() throws IOException {
    int width = 32;
    for (int i = 0; i < width; i++) {
      poke("word_embeddings", 191 * width + i, Float.POSITIVE_INFINITY);
    }
    Diagnosis found = found(Cause.WEIGHT, "ReadVariableOp");
    assertVariable("word_embeddings", found);
    assertTrue(found.text().contains("32 infinite of 9600"), found.text());
  }

  @Test
  void aBiasOfTheHeadThatIsMinusInfinity() throws IOException {
    poke("classifier/bias", 0, Float.NEGATIVE_INFINITY);
    assertVariable("classifier/bias", found(Cause.WEIGHT, "ReadVariableOp"));
  }

  @Test
  void aNaNInANormalisation() throws IOException {
    poke("layer_._0/output/LayerNorm/gamma", 1, Float.NaN);
    assertVariable("layer_._0/output/LayerNorm/gamma", found(Cause.WEIGHT, "ReadVariableOp"));
  }

  @Test
  void aLayerWhoseProductOverflows() throws IOException {
    fill("layer_._0/intermediate/dense/kernel", 3e38f);
    Diagnosis found = found(Cause.LEARNING_RATE, null);
    assertLayer("layer_._0/intermediate/dense", found);
    assertTrue(found.inputs().stream().anyMatch(input -> input.max() == 3e38f), found.text());
  }

  @Test
  void scoresOfAttentionThatOverflow() throws IOException {
    fill("layer_._1/attention/self/query/kernel", 1e19f);
    fill("layer_._1/attention/self/query/bias", 1e20f);
    fill("layer_._1/attention/self/key/bias", 1e20f);
    assertLayer("layer_._1/attention/self", found(Cause.LEARNING_RATE, null));
  }

  @Test
  void aVarianceThatOverflows() throws IOException {
    fill("layer_._0/output/dense/kernel", 1e25f);
    poke("layer_._0/output/dense/kernel", 3, -1e25f);
    assertLayer("layer_._0/output/LayerNorm", found(Cause.LEARNING_RATE, null));
  }

  @Test
  void logitsThatOverflow() throws IOException {
    fill("classifier/kernel", 3e38f);
    fill("pooler/dense/bias", 100);
    Diagnosis found = found(Cause.LEARNING_RATE, null);
    assertLayer("classifier", found);
    assertVariable("classifier/kernel", found);
  }

  @Test
  void gradientsThatAreFiniteWithANormThatIsNot() throws IOException {
    alternate("classifier/kernel", 1e28f);
    Diagnosis found = found(Cause.NORM_OVERFLOW, "L2Loss");
    assertTrue(found.text().contains("their norm is not: above 1.8e19"), found.text());
  }

  @Test
  void aGradientThatOverflowsOnTheWayBack() throws IOException {
    fill("pooler/dense/kernel", 0);
    fill("pooler/dense/bias", 0);
    alternate("classifier/kernel", 2e38f);
    fill("layer_._1/output/LayerNorm/gamma", 1000);
    Diagnosis found = found(Cause.LEARNING_RATE, null);
    assertTrue(found.backward(), found.text());
    assertTrue(found.text().contains(", on the way back from the loss,"), found.text());
    assertVariable("pooler/dense", found);
  }

  @Test
  void aLabelThatIsNoClass() {
    Diagnosis found = Diagnostics.examine(runner, batch(7), 1, 1);
    assertEquals(Cause.LABEL, found.cause());
  }

  @Test
  void aLabelThatIsNotANumber() throws IOException {
    Path folder = Fixtures.path("headless_bert", "saved_model");
    ModelConfig regression =
        ConfigBinder.read(
            ModelConfig.class,
            Map.of(
                "model", List.of(folder.toString()),
                "head", List.of("regression"),
                "features", List.of("pooler_output"),
                "dropout", List.of("off")));
    BatchColumn labels = new BatchColumn.FloatMatrix(4, 1, new float[] {1, Float.NaN, 2, 3});
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    for (String name : List.of("input_ids", "attention_mask", "token_type_ids")) {
      features.put(name, new BatchColumn.IntMatrix(4, 2, new int[] {1, 1, 1, 1, 1, 1, 1, 1}));
    }
    UpdateBatch batch = new UpdateBatch(List.of(Batch.ofColumns(features, Optional.of(labels))));
    Diagnosis found = elsewhere(config(regression), batch, 1);
    assertEquals(Cause.LABEL, found.cause());
    assertEquals(Optional.of("Placeholder"), found.type());
    assertEquals(1, found.output().orElseThrow().nan());
  }

  @Test
  void anInputThatIsNotANumber() throws IOException {
    Path folder = Fixtures.path("savedmodel_tfmodule", "saved_model");
    Map<String, Npz.Array> golden = Npz.read(Fixtures.path("savedmodel_tfmodule", "goldens.npz"));
    Npz.Array ids = golden.get("a/ids");
    float[] mask = golden.get("mask").floats();
    mask[2] = Float.POSITIVE_INFINITY;
    int rows = (int) ids.shape().get(0);
    int columns = (int) ids.shape().get(1);
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    features.put("ids", new BatchColumn.IntMatrix(rows, columns, ids.ints()));
    features.put("mask", new BatchColumn.FloatMatrix(rows, columns, mask));
    BatchColumn labels = new BatchColumn.IntMatrix(rows, 1, golden.get("labels").ints());
    UpdateBatch batch = new UpdateBatch(List.of(Batch.ofColumns(features, Optional.of(labels))));
    Diagnosis found = elsewhere(config(ModelConfig.of(folder)), batch, 3);
    assertEquals(Cause.INPUT, found.cause());
    assertEquals(1, found.output().orElseThrow().infinite());
  }

  private static Diagnosis elsewhere(TrainConfig config, UpdateBatch batch, int outputs)
      throws IOException {
    TrainableModel other = TrainableModel.forTraining(config.model()).decided();
    try (ModelGraph otherGraph = other.graph(config.model(), 42);
        StepRunner otherRunner =
            TrainingSession.training(config, other, otherGraph, outputs).runner()) {
      return Diagnostics.examine(otherRunner, batch, 1, 1);
    }
  }

  private static TrainConfig config(ModelConfig model) {
    return TrainConfig.of(
        model, DataConfig.of(List.of(Path.of("unread.tsv")), List.of()), Path.of("unwritten"));
  }

  private static Diagnosis found(Cause cause, String type) {
    Diagnosis found = Diagnostics.examine(runner, batch(0), 1, 1);
    assertEquals(cause, found.cause(), found.text());
    if (type != null) {
      assertEquals(Optional.of(type), found.type(), found.text());
    }
    assertTrue(found.inputs().stream().allMatch(input -> input.isFinite()), found.text());
    assertTrue(!found.output().orElseThrow().isFinite(), found.text());
    return found;
  }

  private static void assertLayer(String part, Diagnosis found) {
    assertTrue(found.layer().orElseThrow().contains(part), found.text());
  }

  private static void assertVariable(String part, Diagnosis found) {
    assertTrue(found.variable().orElseThrow().contains(part), found.text());
  }

  private static UpdateBatch batch(int firstLabel) {
    int[] labels = arrays.get("batch/labels").ints();
    labels[0] = firstLabel;
    return labels(new BatchColumn.IntMatrix(4, 1, labels));
  }

  private static UpdateBatch labels(BatchColumn labels) {
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    for (String name : List.of("input_ids", "attention_mask", "token_type_ids")) {
      features.put(name, new BatchColumn.IntMatrix(4, 16, arrays.get("batch/" + name).ints()));
    }
    return new UpdateBatch(List.of(Batch.ofColumns(features, Optional.of(labels))));
  }

  private static GraphVariable variable(String part) {
    List<GraphVariable> matching =
        graph.forward().variables().all().stream()
            .filter(variable -> variable.name().contains(part))
            .toList();
    assertEquals(1, matching.size(), part + " in " + matching);
    return matching.get(0);
  }

  private static float[] values(GraphVariable variable) throws IOException {
    try (VariableSnapshot weights = runner.snapshotWeights()) {
      ByteBuffer bytes = weights.read(variable.name());
      float[] values = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      return values;
    }
  }

  private static void set(GraphVariable variable, float... values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    runner.assign(List.of(variable), which -> TensorPieces.of(bytes));
  }

  private static void poke(String part, int at, float value) throws IOException {
    float[] values = values(variable(part));
    values[at] = value;
    set(variable(part), values);
  }

  private static void fill(String part, float value) throws IOException {
    float[] values = values(variable(part));
    Arrays.fill(values, value);
    set(variable(part), values);
  }

  private static void alternate(String part, float value) throws IOException {
    float[] values = values(variable(part));
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 2 == 0 ? value : -value;
    }
    set(variable(part), values);
  }
}
