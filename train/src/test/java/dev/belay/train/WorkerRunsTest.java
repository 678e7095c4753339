package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.event.WorkerTime;
import dev.belay.train.failure.ModelException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.model.ModelSandbox;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs of several workers, which write one run directory. */
@Timeout(180)
class WorkerRunsTest {
  private static final int STEPS = 8;

  @TempDir private Path directory;

  /** They agree to stop in the evaluation of step 2, and with the sums of step 6. */
  @Test
  void runsResumeWithFewerWorkers() throws Exception {
    Path whole = directory.resolve("whole");
    List<RunEvent> undisturbed = new ArrayList<>();
    TrainingRun.execute(
        config().outputDirectory(whole).build(), List.of("train"), undisturbed::add);

    Path parts = directory.resolve("parts");
    List<Stopped> four = stopped(config().outputDirectory(parts).build(), 4, 2);
    assertTrue(four.get(0).message().contains("after step 2"), four.get(0).message());
    assertTrue(four.get(1).message().contains("SIGTERM after step 2"), four.get(1).message());
    assertTrue(Files.isDirectory(parts.resolve("checkpoints/step-00000002")));
    List<Stopped> two = stopped(config().outputDirectory(parts).build(), 2, 5);
    assertTrue(two.get(0).message().contains("after step 6"), two.get(0).message());
    List<RunEvent> rest = new ArrayList<>();
    TrainingRun.execute(config().outputDirectory(parts).build(), List.of("train"), rest::add);
    assertEquals(STEPS - 6, trained(rest).size());

    RunEvent.WorkersMeasured times =
        four.get(0).events().stream()
            .filter(event -> event instanceof RunEvent.WorkersMeasured)
            .map(RunEvent.WorkersMeasured.class::cast)
            .findFirst()
            .orElseThrow();
    assertEquals(1, times.step());
    assertEquals(4, times.workers().size());
    for (WorkerTime worker : times.workers()) {
      assertTrue(worker.computeMillis() > 0 && worker.waitMillis() >= 0, worker::toString);
    }
    for (Stopped worker : four) {
      assertEquals(losses(four.get(0).events()), losses(worker.events()));
      assertEquals(evaluations(four.get(0).events()), evaluations(worker.events()));
    }
    assertSameEvaluations(
        evaluations(undisturbed), evaluations(four.get(0).events(), two.get(0).events(), rest));
    assertTrue(difference(whole, parts) < 1e-6, () -> "" + difference(whole, parts));
  }

  /** The loss of one example overflows, so one worker alone computes what is not finite. */
  @Test
  void workersSkipTheSameSteps() throws Exception {
    Path data = directory.resolve("values.jsonl");
    Files.write(
        data,
        List.of(
            "{\"input_ids\": [1, 2, 3], \"label\": 0.5}",
            "{\"input_ids\": [4, 5], \"label\": -0.5}",
            "{\"input_ids\": [6, 7, 8, 9], \"label\": 1e30}",
            "{\"input_ids\": [1, 9], \"label\": 0.25}",
            "{\"input_ids\": [3, 4, 1], \"label\": 0.75}",
            "{\"input_ids\": [8, 2], \"label\": -0.25}"));
    TrainConfig config =
        config("regression")
            .trainFiles(data)
            .validationFiles(data)
            .option("on-nonfinite", "skip")
            .option("max-skipped-steps", STEPS)
            .outputDirectory(directory.resolve("skipped"))
            .build();
    List<RunEvent> one = new ArrayList<>();
    TrainingRun.execute(
        config.toBuilder().outputDirectory(directory.resolve("one")).build(),
        List.of("train"),
        one::add);
    List<WorkerThreads.Callback<List<Long>>> runs = new ArrayList<>();
    for (TrainConfig worker : WorkerThreads.configs(config, 2)) {
      runs.add(
          () -> {
            List<RunEvent> events = new ArrayList<>();
            TrainingRun.execute(worker, List.of("train"), events::add);
            return skipped(events);
          });
    }
    List<List<Long>> skipped = WorkerThreads.inThreads(runs);
    assertFalse(skipped(one).isEmpty());
    assertTrue(skipped(one).size() < STEPS);
    assertEquals(List.of(skipped(one), skipped(one)), skipped);
    assertTrue(difference(directory.resolve("one"), directory.resolve("skipped")) < 1e-6);
  }

  @Test
  void workersWithOtherOptionsAreRefused() throws Exception {
    List<WorkerThreads.Callback<String>> runs = new ArrayList<>();
    TrainConfig both = config().outputDirectory(directory.resolve("other")).build();
    for (TrainConfig worker : WorkerThreads.configs(both, 2)) {
      TrainConfig config = worker.toBuilder().seed(runs.size()).build();
      runs.add(
          () ->
              assertThrows(
                      ModelException.class,
                      () -> TrainingRun.execute(config, List.of("train"), event -> {}))
                  .getMessage());
    }
    for (String message : WorkerThreads.inThreads(runs)) {
      assertTrue(message.startsWith("worker 1 differs from the chief in '--seed'"), message);
    }
  }

  /** What a worker that was stopped had told. */
  private record Stopped(String message, List<RunEvent> events) {}

  /** Runs workers, of which the second is asked to stop while it tells of a step. */
  private static List<Stopped> stopped(TrainConfig config, int count, int step) throws Exception {
    List<WorkerThreads.Callback<Stopped>> runs = new ArrayList<>();
    for (TrainConfig worker : WorkerThreads.configs(config, count)) {
      boolean asked = runs.size() == 1;
      StopRequest stop = new StopRequest();
      List<RunEvent> events = new ArrayList<>();
      runs.add(
          () -> {
            StoppedException stopped =
                assertThrows(
                    StoppedException.class,
                    () ->
                        TrainingRun.execute(
                            worker,
                            ModelSandbox.TRUSTING,
                            List.of("train"),
                            event -> {
                              events.add(event);
                              if (asked && SmallRun.step(step).test(event)) {
                                stop.make("SIGTERM");
                              }
                            },
                            stop));
            return new Stopped(stopped.getMessage(), events);
          });
    }
    return WorkerThreads.inThreads(runs);
  }

  private static List<RunEvent.Trained> trained(List<RunEvent> events) {
    return events.stream()
        .filter(event -> event instanceof RunEvent.Trained)
        .map(RunEvent.Trained.class::cast)
        .toList();
  }

  private static List<Double> losses(List<RunEvent> events) {
    return trained(events).stream().map(step -> (double) step.loss()).toList();
  }

  private static List<Long> skipped(List<RunEvent> events) {
    return events.stream()
        .filter(event -> event instanceof RunEvent.Skipped)
        .map(event -> ((RunEvent.Skipped) event).step())
        .toList();
  }

  @SafeVarargs
  private static List<RunEvent.Evaluated> evaluations(List<RunEvent>... parts) {
    List<RunEvent.Evaluated> evaluations = new ArrayList<>();
    for (List<RunEvent> events : parts) {
      for (RunEvent event : events) {
        if (event instanceof RunEvent.Evaluated found) {
          evaluations.add(
              new RunEvent.Evaluated(found.step(), found.metrics(), found.examples(), 0));
        }
      }
    }
    return evaluations;
  }

  private static void assertSameEvaluations(
      List<RunEvent.Evaluated> expected, List<RunEvent.Evaluated> found) {
    assertEquals(
        expected.stream().map(RunEvent.Evaluated::step).toList(),
        found.stream().map(RunEvent.Evaluated::step).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).examples(), found.get(i).examples());
      for (Map.Entry<String, Double> metric : expected.get(i).metrics().entrySet()) {
        assertEquals(metric.getValue(), found.get(i).metrics().get(metric.getKey()), 1e-6);
      }
    }
  }

  private static double difference(Path one, Path other) {
    try {
      NamedTensors weights = newest(one).model();
      NamedTensors others = newest(other).model();
      double largest = 0;
      for (String name : weights.names()) {
        FloatBuffer values = weights.read(name).asFloatBuffer();
        FloatBuffer found = others.read(name).asFloatBuffer();
        while (values.hasRemaining()) {
          largest = Math.max(largest, Math.abs((double) values.get() - found.get()));
        }
      }
      return largest;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Checkpoint newest(Path run) throws IOException {
    return Checkpoint.open(Checkpoint.newest(run.resolve("checkpoints")).orElseThrow());
  }

  private TrainConfigBuilder config() throws IOException {
    return config("classification");
  }

  private TrainConfigBuilder config(String head) throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(Files.createTempDirectory(directory, "model"));
    TrainConfig config = setting.config(directory.resolve("unused"), 4, ResumeConfig.defaults());
    Optional<Integer> labels = head.equals("regression") ? Optional.empty() : Optional.of(2);
    return ConfigBinder.with(ConfigBinder.with(config, "head", head), "num-labels", labels)
        .toBuilder()
        .option("dropout", false)
        .option("eval-steps", 2)
        .option("log-worker-times", 1)
        .maxSteps(STEPS)
        .optimizer(OptimizerConfig.Kind.SGD)
        .learningRate(0.5)
        .weightDecay(0)
        .maxGradNorm(0.001);
  }
}
