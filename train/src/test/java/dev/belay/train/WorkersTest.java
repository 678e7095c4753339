package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.Clipped;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.stage.AllReduce;
import dev.belay.graph.stage.GradientStage;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.StepMachine;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Updates of several workers. The last batch of an epoch has fewer rows than there are workers. */
@Timeout(120)
class WorkersTest {
  private static final int STEPS = 7;
  private static final double RATE = 2.5;

  @TempDir private Path directory;

  /** The norms are far above this, so each step is clipped. */
  private static final double CLIP = 0.001;

  @Test
  void twoWorkersMakeTheUpdatesOfOne() throws Exception {
    requireSame(config().build(), 2);
  }

  @Test
  void fourWorkersShareBatchesOfFour() throws Exception {
    requireSame(config().trainBatchSize(4).build(), 4);
  }

  /** Each part has fewer rows than there are workers, and the last update of an epoch one part. */
  @Test
  void threeWorkersAccumulate() throws Exception {
    requireSame(config().gradientAccumulationSteps(2).build(), 3);
  }

  @Test
  void workersTrainAdapters() throws Exception {
    SmallRun.Setting imported = SmallRun.Setting.imported(directory);
    requireSame(config(imported).option("adapter", "lora").build(), 2);
  }

  private static void requireSame(TrainConfig config, int count) throws Exception {
    Trained one = train(config, WorkerGroup.ALONE, false);
    List<Trained> several =
        WorkerThreads.together(config, count, workers -> train(config, workers, false));
    List<Float> norms = one.steps().stream().map(StepResult::gradNorm).toList();
    assertTrue(norms.stream().allMatch(norm -> norm > CLIP), () -> "clipped: " + norms);
    for (Trained worker : several) {
      assertEquals(one.weights().keySet(), worker.weights().keySet());
      one.weights()
          .keySet()
          .forEach(
              name ->
                  assertArrayEquals(
                      several.get(0).weights().get(name), worker.weights().get(name), name));
    }
    double difference = difference(one, several.get(0));
    assertTrue(difference < 1e-6, () -> "" + difference);
    for (int i = 0; i < STEPS; i++) {
      assertEquals(one.steps().get(i).loss(), several.get(0).steps().get(i).loss(), 1e-6);
      assertEquals(one.steps().get(i).gradNorm(), several.get(1).steps().get(i).gradNorm(), 1e-6);
    }
  }

  @Test
  void aClipBeforeTheSumIsAnotherUpdate() throws Exception {
    TrainConfig config = config().build();
    Trained one = train(config, WorkerGroup.ALONE, false);
    List<Trained> wrong =
        WorkerThreads.together(config, 2, workers -> train(config, workers, true));
    assertTrue(difference(one, wrong.get(0)) > 1e-3, () -> "" + difference(one, wrong.get(0)));
  }

  private TrainConfigBuilder config() throws IOException {
    return config(SmallRun.Setting.of(Files.createTempDirectory(directory, "model")));
  }

  private TrainConfigBuilder config(SmallRun.Setting setting) {
    TrainConfig plain =
        new SmallRun.Setting(
                ConfigBinder.with(setting.model(), "dropout", false),
                setting.data(),
                1,
                setting.loop(),
                setting.rules(),
                STEPS)
            .config(directory.resolve("unused"), 2, ResumeConfig.defaults());
    return plain.toBuilder()
        .optimizer(OptimizerConfig.Kind.SGD)
        .learningRate(RATE)
        .weightDecay(0)
        .maxGradNorm(CLIP);
  }

  /** Steps, and the weights after them. */
  private record Trained(List<StepResult> steps, Map<String, float[]> weights) {}

  private static Trained train(TrainConfig config, WorkerGroup workers, boolean wrong)
      throws IOException {
    TrainableModel read = TrainableModel.forTraining(config.model());
    try (DatasetLoader data =
        new DatasetLoader(config.data(), read, read.inputs(config.model().inputs(), true))) {
      TrainableModel model = read.decided();
      try (ModelGraph graph = model.graph(config.model(), config.machine().seed())) {
        TrainingData datasets = TrainingData.read(config.data(), data, model, graph.task());
        try (StepRunner runner =
            wrong
                ? wrong(config, model, graph, datasets.outputs(), workers)
                : TrainingSession.training(config, model, graph, datasets.outputs(), workers)
                    .runner()) {
          List<StepResult> steps = new ArrayList<>();
          try (Prefetcher batches =
              Prefetcher.start(datasets.batches(config).from(BatchPosition.START), 1)) {
            UpdateBatches updates =
                new UpdateBatches(batches, config.update().gradientAccumulationSteps());
            for (int step = 1; step <= STEPS; step++) {
              steps.add(runner.train(updates.next(), RATE, step, Double.POSITIVE_INFINITY));
            }
          }
          Trained trained = new Trained(steps, weights(runner));
          workers.leave();
          return trained;
        }
      }
    }
  }

  /** Each worker clips its own part of the gradient. */
  private static StepRunner wrong(
      TrainConfig config, TrainableModel model, ModelGraph graph, int outputs, WorkerGroup workers)
      throws IOException {
    AllReduce sum = new AllReduce(2, AllReduce.DEFAULT_BUCKET_BYTES, 60);
    ClipRule clipFirst =
        (tf, slots, gradients) -> {
          Clipped clipped = new GlobalNormClip(CLIP).apply(tf, slots, gradients);
          GradientStage.Update all =
              sum.apply(tf, new GradientStage.Update(clipped.gradients(), tf.constant(0f)));
          return new Clipped(
              all.gradients(),
              clipped.norm(),
              clipped.clippedNorm(),
              clipped.scale(),
              clipped.clipped(),
              List.of());
        };
    Optional<AttachedHead> head = graph.attachHead(outputs);
    TrainStep step =
        TrainStepBuilder.build(
            graph.graph(),
            new TrainPlan(
                graph.forward(),
                graph.training(),
                head,
                graph.loss(),
                GradientPlan.PLAIN,
                clipFirst,
                new Sgd(),
                name -> false));
    EvaluationStep evaluation =
        EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
    StepRunner runner =
        StepRunner.forTraining(
            graph.graph(),
            step,
            evaluation,
            new StepMachine(config.machine(), config.update().precision(), workers));
    TrainingSession.load(runner, model);
    return runner;
  }

  private static Map<String, float[]> weights(StepRunner runner) throws IOException {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (VariableSnapshot snapshot = runner.snapshotWeights()) {
      for (String name : snapshot.names()) {
        ByteBuffer bytes = snapshot.read(name);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        weights.put(name, values);
      }
    }
    return weights;
  }

  private static double difference(Trained one, Trained other) {
    double largest = 0;
    for (Map.Entry<String, float[]> weight : one.weights().entrySet()) {
      float[] values = other.weights().get(weight.getKey());
      for (int i = 0; i < values.length; i++) {
        largest = Math.max(largest, Math.abs((double) values[i] - weight.getValue()[i]));
      }
    }
    return largest;
  }
}
