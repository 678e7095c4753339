package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import dev.belay.train.cluster.Cluster;
import dev.belay.train.cluster.Workers;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.ModelException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two workers, which are two threads here, each with its own TensorFlow server. The last batch of
 * an epoch has fewer rows than there are workers.
 */
@Timeout(120)
class WorkersTest {
  private static final int STEPS = 7;
  private static final double RATE = 2.5;

  @TempDir private Path directory;

  /** The norms are far above this, so each step is clipped. */
  private static final double CLIP = 0.001;

  @Test
  void twoWorkersMakeTheUpdatesOfOne() throws Exception {
    TrainConfig config = config().build();
    Trained one = train(config, WorkerGroup.ALONE, false);
    List<Trained> two = together(config, 2, workers -> train(config, workers, false));
    List<Float> norms = one.steps().stream().map(StepResult::gradNorm).toList();
    assertTrue(norms.stream().allMatch(norm -> norm > CLIP), () -> "clipped: " + norms);
    assertEquals(one.weights().keySet(), two.get(0).weights().keySet());
    one.weights()
        .keySet()
        .forEach(
            name ->
                assertArrayEquals(
                    two.get(0).weights().get(name), two.get(1).weights().get(name), name));
    assertTrue(difference(one, two.get(0)) < 1e-6, () -> "" + difference(one, two.get(0)));
    for (int i = 0; i < STEPS; i++) {
      assertEquals(one.steps().get(i).loss(), two.get(0).steps().get(i).loss(), 1e-6);
      assertEquals(one.steps().get(i).gradNorm(), two.get(1).steps().get(i).gradNorm(), 1e-6);
    }
  }

  @Test
  void aClipBeforeTheSumIsAnotherUpdate() throws Exception {
    TrainConfig config = config().build();
    Trained one = train(config, WorkerGroup.ALONE, false);
    List<Trained> wrong = together(config, 2, workers -> train(config, workers, true));
    assertTrue(difference(one, wrong.get(0)) > 1e-3, () -> "" + difference(one, wrong.get(0)));
  }

  @Test
  void runsOfTwoWorkersWriteOnceAndStopTogether() throws Exception {
    Path output = directory.resolve("run");
    List<Integer> ports = ports(2);
    List<List<RunEvent>> events = List.of(new ArrayList<>(), new ArrayList<>());
    List<Callback<String>> runs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int worker = i;
      StopRequest stop = new StopRequest();
      TrainConfig config =
          config()
              .outputDirectory(output)
              .option("cluster-hosts", hosts(ports))
              .option("cluster-index", worker)
              .option("worker-timeout", 60)
              .build();
      runs.add(
          () -> {
            StoppedException stopped =
                assertThrows(
                    StoppedException.class,
                    () ->
                        TrainingRun.execute(
                            config,
                            ModelSandbox.TRUSTING,
                            List.of("train"),
                            event -> {
                              events.get(worker).add(event);
                              if (worker == 1 && event instanceof RunEvent.Trained step) {
                                if (step.step() == 3) {
                                  stop.make("SIGTERM");
                                }
                              }
                            },
                            stop));
            return stopped.getMessage();
          });
    }
    List<String> messages = inThreads(runs);
    assertTrue(messages.get(0).contains("after step 4"), messages.get(0));
    assertTrue(messages.get(1).contains("SIGTERM after step 4"), messages.get(1));
    assertTrue(Files.isDirectory(output.resolve("checkpoints/step-00000004")));
    for (int i = 0; i < 4; i++) {
      assertEquals(trained(events.get(0)).get(i).loss(), trained(events.get(1)).get(i).loss());
    }
    TrainConfig alone = config().outputDirectory(output).build();
    List<RunEvent> resumed = new ArrayList<>();
    TrainingRun.execute(alone, List.of("train"), resumed::add);
    assertTrue(resumed.stream().anyMatch(event -> event instanceof RunEvent.Resumed));
    assertEquals(STEPS - 4, trained(resumed).size());
  }

  @Test
  void workersWithOtherOptionsAreRefused() throws Exception {
    List<Integer> ports = ports(2);
    List<Callback<String>> runs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      TrainConfig config =
          config()
              .outputDirectory(directory.resolve("other"))
              .option("cluster-hosts", hosts(ports))
              .option("cluster-index", i)
              .option("worker-timeout", 60)
              .seed(i)
              .build();
      runs.add(
          () ->
              assertThrows(
                      ModelException.class,
                      () -> TrainingRun.execute(config, List.of("train"), event -> {}))
                  .getMessage());
    }
    for (String message : inThreads(runs)) {
      assertTrue(message.startsWith("worker 1 differs from the chief in '--seed'"), message);
    }
  }

  private static List<RunEvent.Trained> trained(List<RunEvent> events) {
    return events.stream()
        .filter(event -> event instanceof RunEvent.Trained)
        .map(RunEvent.Trained.class::cast)
        .toList();
  }

  private TrainConfigBuilder config() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(Files.createTempDirectory(directory, "model"));
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
          Iterator<Batch> batches = datasets.batches(config).from(BatchPosition.START);
          List<StepResult> steps = new ArrayList<>();
          for (int step = 1; step <= STEPS; step++) {
            UpdateBatch batch = new UpdateBatch(List.of(batches.next()));
            steps.add(runner.train(batch, RATE, step, Double.POSITIVE_INFINITY));
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
            new StepRunner.Machine(config.machine(), config.update().precision(), workers));
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

  private interface Callback<T> {
    T call() throws Exception;
  }

  private interface Part<T> {
    T make(WorkerGroup workers) throws Exception;
  }

  private static <T> List<T> together(TrainConfig config, int count, Part<T> part)
      throws Exception {
    List<Integer> ports = ports(count);
    List<Callback<T>> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TrainConfig own =
          config.toBuilder()
              .option("cluster-hosts", hosts(ports))
              .option("cluster-index", i)
              .option("worker-timeout", 60)
              .build();
      parts.add(
          () -> {
            Cluster cluster = Cluster.of(own.cluster(), Map.of()).orElseThrow();
            try (Workers workers = Workers.join(cluster, own, new StopRequest())) {
              return part.make(workers);
            }
          });
    }
    return inThreads(parts);
  }

  private static <T> List<T> inThreads(List<Callback<T>> parts) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(parts.size());
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (Callback<T> part : parts) {
        futures.add(threads.submit(part::call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<String> hosts(List<Integer> ports) {
    return ports.stream().map(port -> "127.0.0.1:" + port).toList();
  }

  private static List<Integer> ports(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }
}
