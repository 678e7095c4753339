package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.stage.DynamicLossScale;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.bundle.BundleWriter;
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
import dev.belay.train.step.StepResult;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mistakes that people make in a model's own graph, woken by numbers: for each the examination of
 * the step names the op, the variable, the layer and the cause. The functions are those of
 * make_faults.py; batches have two examples of two tokens.
 */
class InjectedFaultsTest {
  private static final float INFINITY = Float.POSITIVE_INFINITY;
  private static final int[] WORDS = {1, 2, 3, 4};
  private static final int[] ALL = {1, 1, 1, 1};

  @TempDir private Path directory;

  @Test
  void anExponentialThatOverflows() throws IOException {
    try (Subject subject = Subject.of("own_softmax")) {
      subject.fill("encoder/embeddings/words", 10);
      subject.fill("classifier/kernel", 10);
      Diagnosis found = subject.examine(WORDS, ALL);
      expect(found, Cause.SOFTMAX_OVERFLOW, "Exp", "own_softmax", "classifier/kernel");
      assertEquals(800, found.inputs().get(0).max(), "2 words of 10, times 10, over 4");
    }
  }

  @Test
  void theLogarithmOfAProbabilityThatIsRoundedToZero() throws IOException {
    try (Subject subject = Subject.of("unguarded_log")) {
      subject.fill("classifier/kernel", 1e3f);
      subject.poke("classifier/kernel", 0, -1e3f);
      subject.poke("encoder/embeddings/words", 4, 50);
      Diagnosis found = subject.examine(WORDS, ALL);
      expect(found, Cause.LOG_OF_ZERO, "Log", "loss_of_probabilities", "classifier/kernel");
      assertEquals(0, found.inputs().get(0).min());
      assertTrue(found.text().contains("name the output that holds logits with --output"));
    }
  }

  @Test
  void theMeanOfNoWords() throws IOException {
    try (Subject subject = Subject.of("mean_of_words")) {
      Diagnosis found = subject.examine(WORDS, new int[] {1, 1, 0, 0});
      expect(
          found, Cause.DIVISION_BY_ZERO, "RealDiv", "encoder/pooling", "encoder/embeddings/words");
      assertTrue(found.text().contains("rows of the batch that are all zero or all padding"));
    }
  }

  @Test
  void aNormalisationWithoutEpsilon() throws IOException {
    try (Subject subject = Subject.of("no_epsilon")) {
      subject.fill("encoder/embeddings/words", 0.5f);
      expect(
          subject.examine(WORDS, ALL),
          Cause.DIVISION_BY_ZERO,
          "Rsqrt",
          "encoder/normalisation",
          "encoder/embeddings/words");
    }
  }

  @Test
  void theDerivativeOfARootAtZero() throws IOException {
    try (Subject subject = Subject.of("length")) {
      subject.fill("encoder/embeddings/words", 0);
      Diagnosis found = subject.examine(WORDS, ALL);
      assertTrue(found.backward(), found.text());
      expect(
          found,
          Cause.DIVISION_BY_ZERO,
          found.type().orElseThrow(),
          "encoder/length",
          "encoder/embeddings/words");
    }
  }

  @Test
  void aLearningRateThatIsTooHigh() throws IOException {
    try (Subject subject = Subject.of("mean_of_words")) {
      StepResult first = subject.runner.train(batch(WORDS, ALL), 1e30, 1, INFINITY);
      assertTrue(first.applied(), "the first step is sound; it is its update that is not");
      StepResult second = subject.runner.train(batch(WORDS, ALL), 1e30, 2, INFINITY);
      assertTrue(!second.applied());
      expect(
          subject.examine(WORDS, ALL),
          Cause.LEARNING_RATE,
          "MatMul",
          "classifier",
          "classifier/kernel");
    }
  }

  @Test
  void aLossScaleThatIsTooHigh() throws IOException {
    try (Subject subject = Subject.scaledBy("mean_of_words", 0x1p100)) {
      subject.fill("classifier/kernel", 1e10f);
      subject.poke("classifier/kernel", 0, -1e10f);
      StepResult result = subject.runner.train(batch(WORDS, ALL), 0.1, 1, INFINITY);
      assertTrue(result.overflowed(), "loss " + result.loss() + ", norm " + result.gradNorm());
      Diagnosis found =
          Diagnostics.examine(subject.runner, batch(WORDS, ALL), 1, result.lossScale());
      assertEquals(Cause.LOSS_SCALE, found.cause(), found.text());
      assertTrue(found.backward(), found.text());
      assertTrue(found.operation().isPresent() && found.variable().isPresent(), found.text());
    }
  }

  /**
   * What fp16 does on a GPU, in float32: a scale that makes the gradient overflow is halved until
   * it does not, the steps in between change no weight, and a run that stops among them goes on as
   * if it had not.
   */
  @Test
  void anOverflowHalvesTheLossScaleAndSurvivesAResume() throws IOException {
    Path weights = directory.resolve("weights");
    Path slots = directory.resolve("slots");
    float[] whole;
    double scale;
    try (Subject subject = Subject.scaledBy("mean_of_words", 0x1p100)) {
      subject.fill("classifier/kernel", 1e10f);
      float[] before = subject.values("classifier/kernel");
      int steps = 0;
      while (subject.runner.train(batch(WORDS, ALL), 1e9, ++steps, INFINITY).overflowed()) {
        assertTrue(Arrays.equals(before, subject.values("classifier/kernel")));
        if (steps == 2) {
          save(subject.runner.snapshotWeights(), weights);
          save(subject.runner.snapshotOptimizer(), slots);
        }
      }
      assertTrue(steps > 3, "only " + steps + " steps until the scale fits");
      whole = subject.values("encoder/embeddings/words");
      StepResult last = subject.runner.train(batch(WORDS, ALL), 0, steps + 1, INFINITY);
      scale = last.lossScale();
      assertEquals(Math.scalb(1.0, 100 - (steps - 1)), scale, "halved once a step that overflowed");
    }
    try (Subject resumed = Subject.scaledBy("mean_of_words", 0x1p100)) {
      resumed.runner.restore(BundleReader.open(weights));
      resumed.runner.restoreOptimizer(BundleReader.open(slots));
      int steps = 2;
      while (resumed.runner.train(batch(WORDS, ALL), 1e9, ++steps, INFINITY).overflowed()) {}
      assertTrue(Arrays.equals(whole, resumed.values("encoder/embeddings/words")));
      StepResult last = resumed.runner.train(batch(WORDS, ALL), 0, steps + 1, INFINITY);
      assertEquals(scale, last.lossScale());
    }
  }

  private static void save(VariableSnapshot values, Path file) throws IOException {
    try (values;
        BundleWriter writer = BundleWriter.create(file)) {
      writer.addAll(values);
      writer.commit();
    }
  }

  private static void expect(
      Diagnosis found, Cause cause, String type, String layer, String variable) {
    assertEquals(cause, found.cause(), found.text());
    assertEquals(Optional.of(type), found.type(), found.text());
    assertTrue(found.layer().orElseThrow().contains(layer), found.text());
    assertTrue(found.variable().orElseThrow().contains(variable), found.text());
    assertTrue(found.inputs().stream().allMatch(input -> input.isFinite()), found.text());
  }

  private static UpdateBatch batch(int[] words, int[] mask) {
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    features.put("input_ids", new BatchColumn.IntMatrix(2, 2, words));
    features.put("attention_mask", new BatchColumn.IntMatrix(2, 2, mask));
    BatchColumn labels = new BatchColumn.IntMatrix(2, 1, new int[] {0, 2});
    return new UpdateBatch(List.of(Batch.ofColumns(features, Optional.of(labels))));
  }

  /** A function of the model, ready to train by SGD, its gradients clipped to 1. */
  private record Subject(ModelGraph graph, StepRunner runner) implements AutoCloseable {

    static Subject of(String function) throws IOException {
      return with(function, GradientPlan.PLAIN);
    }

    static Subject scaledBy(String function, double scale) throws IOException {
      DynamicLossScale rule = new DynamicLossScale(scale, 1000);
      return with(function, new GradientPlan(false, Optional.of(rule), List.of(), NormRows.DENSE));
    }

    private static Subject with(String function, GradientPlan gradients) throws IOException {
      ModelConfig plain = ModelConfig.of(Fixtures.path("faults", "saved_model"));
      ModelConfig config = ConfigBinder.with(plain, "signature", Optional.of(function));
      TrainableModel model = TrainableModel.forTraining(config).decided();
      ModelGraph graph = model.graph(config, 42);
      TrainStep step =
          TrainStepBuilder.build(
              graph.graph(),
              new TrainPlan(
                  graph.forward(),
                  graph.training(),
                  Optional.empty(),
                  graph.loss(),
                  gradients,
                  new GlobalNormClip(1),
                  new Sgd(),
                  name -> false));
      EvaluationStep evaluation =
          EvaluationStep.build(graph.graph(), graph.evaluation(), Optional.empty(), graph.loss());
      TrainConfig run =
          TrainConfig.of(
              config, DataConfig.of(List.of(Path.of("unread.tsv")), List.of()), Path.of("none"));
      StepRunner runner =
          StepRunner.forTraining(graph.graph(), step, evaluation, TrainingSession.machine(run));
      TrainingSession.load(runner, model);
      return new Subject(graph, runner);
    }

    Diagnosis examine(int[] words, int... mask) {
      return Diagnostics.examine(runner, batch(words, mask), 1, 1);
    }

    private GraphVariable variable(String name) {
      return graph.forward().variables().all().stream()
          .filter(variable -> variable.name().contains(name))
          .findFirst()
          .orElseThrow();
    }

    float[] values(String name) throws IOException {
      try (VariableSnapshot weights = runner.snapshotWeights()) {
        ByteBuffer bytes = weights.read(variable(name).name());
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
      }
    }

    private void set(String name, float... values) throws IOException {
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      runner.assign(List.of(variable(name)), which -> TensorPieces.of(bytes));
    }

    void fill(String name, float value) throws IOException {
      float[] values = values(name);
      Arrays.fill(values, value);
      set(name, values);
    }

    void poke(String name, int at, float value) throws IOException {
      float[] values = values(name);
      values[at] = value;
      set(name, values);
    }

    @Override
    public void close() {
      runner.close();
      graph.close();
    }
  }
}
