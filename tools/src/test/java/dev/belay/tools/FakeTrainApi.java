package dev.belay.tools;

import dev.belay.savedmodel.weights.Leftovers;
import dev.belay.savedmodel.weights.WeightDifference;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.tools.command.TrainApi;
import dev.belay.train.ModelEvaluation;
import dev.belay.train.ModelInspection;
import dev.belay.train.Replay;
import dev.belay.train.RunCheckpoint;
import dev.belay.train.RunVerification;
import dev.belay.train.Sweep;
import dev.belay.train.TrainingRun;
import dev.belay.train.WeightConversion;
import dev.belay.train.config.ConvertConfig;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.event.SweepEvent;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.HubRequest;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.stability.Cause;
import dev.belay.train.stability.Diagnosis;
import dev.belay.train.stability.ReplayBundle;
import dev.belay.train.step.TensorRange;
import dev.belay.train.sweep.Recommendation;
import dev.belay.train.task.Classification;
import dev.belay.train.task.Prediction;
import dev.belay.train.task.RegressionValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Remembers what a command asked for, and answers at once. */
final class FakeTrainApi implements TrainApi {
  TrainConfig trained;
  SweepConfig swept;
  List<String> command;
  EvaluateConfig evaluated;

  /** What the files to predict for hold. */
  List<String> read = List.of();

  PlanConfig planned;
  Set<String> allowedOps;
  Path exported;
  Path exportedTo;
  WeightsConfig inspected;
  ConvertConfig converted;
  double tolerance;

  TrainConfig replayed;

  /** Thrown by every door, if it is set. */
  Throwable thrown;

  @Override
  public ModelSandbox sandbox() {
    return ModelSandbox.TRUSTING;
  }

  @Override
  public ModelHub hub(HubProgress progress) {
    return HubRequest::path;
  }

  @Override
  public RunCheckpoint checkpoint(Path run, Optional<String> choice) throws IOException {
    fail();
    return new RunCheckpoint(
        run.resolve(choice.orElse("checkpoints/step-00000007")), List.of("of step 7"));
  }

  @Override
  public void trainWorkers(
      TrainConfig config, List<String> command, Consumer<String> notes, StopRequest stop)
      throws IOException {
    fail();
    this.trained = config;
    this.command = command;
  }

  @Override
  public TrainingRun.Result train(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener, StopRequest stop)
      throws IOException {
    fail();
    this.trained = config;
    this.command = command;
    listener.accept(new RunEvent.Started(10, 10, 320, 4242, List.of("through serving_default")));
    listener.accept(new RunEvent.Done(10, 62, 0.25, Map.of(), Map.of()));
    return new TrainingRun.Result(
        config.outputDirectory(),
        config.outputDirectory().resolve("export/1"),
        Map.of("accuracy", 0.5),
        Map.of("accuracy", 0.875));
  }

  @Override
  public Sweep.Result sweep(SweepConfig config, List<String> command, Consumer<SweepEvent> listener)
      throws IOException {
    fail();
    this.swept = config;
    listener.accept(new SweepEvent.Started(2, 1, 40, List.of(10L, 20L), List.of()));
    listener.accept(new SweepEvent.ArmStarted("clip 1.0", 42, 1, 2));
    listener.accept(new SweepEvent.ArmEnded("clip 1.0", 42, "", Map.of("accuracy", 0.5), false));
    return new Sweep.Result(
        config.base().outputDirectory(),
        "accuracy",
        List.of(),
        new Recommendation(Optional.empty(), "No arm finished."),
        config.base().outputDirectory().resolve("report.html"));
  }

  @Override
  public ModelEvaluation.Result evaluate(EvaluateConfig config, Consumer<RunEvent> listener)
      throws IOException {
    fail();
    this.evaluated = config;
    return new ModelEvaluation.Result(
        Map.of("accuracy", 0.875),
        320,
        List.of("no", "yes"),
        List.of("the classes are the file's"));
  }

  @Override
  public void predict(EvaluateConfig config, Consumer<Prediction> sink, Consumer<String> notes)
      throws IOException {
    this.evaluated = config;
    this.read = new ArrayList<>();
    for (Path file : config.files()) {
      read.add(Files.exists(file) ? file.getFileName() + "=" + Files.readString(file) : "none");
    }
    sink.accept(new Classification("gut ✓", 0.75, List.of(-1.5f, 2.5f)));
    fail();
    sink.accept(new RegressionValue(3.5, List.of(3.5f)));
  }

  @Override
  public Path export(Path run, Path target) throws IOException {
    fail();
    this.exported = run;
    this.exportedTo = target;
    return target.resolve("3");
  }

  @Override
  public Path report(Path run) throws IOException {
    fail();
    return run.resolve("report.html");
  }

  @Override
  public ModelInspection.Contents inspect(WeightsConfig config) throws IOException {
    fail();
    this.inspected = config;
    this.allowedOps = config.allowedOps();
    return new ModelInspection.Contents(
        config.path(),
        "savedmodel",
        "TensorFlow 2.10.1",
        List.of(
            new ModelInspection.Function(
                "serving_default",
                true,
                null,
                List.of(new ModelInspection.Tensor("input_ids", "int32", List.of(-1L, 128L))),
                List.of(new ModelInspection.Tensor("logits", "float32", List.of(-1L, 2L))))),
        List.of(
            new ModelInspection.Variable(
                "dense/kernel", "float32", List.of(128L, 2L), true, "dense/kernel/.ATTRIBUTES")),
        256,
        256,
        List.of("vocab.txt"),
        new ModelInspection.Names(
            null,
            null,
            null,
            1,
            List.of(),
            null,
            null,
            new Leftovers(List.of(), List.of(), List.of(), List.of(), List.of())),
        null);
  }

  @Override
  public WeightConversion.Result export(Path run, WeightTarget target, Path folder)
      throws IOException {
    fail();
    return new WeightConversion.Result(folder, "tf1", target.option(), 41, List.of());
  }

  @Override
  public WeightConversion.Result convert(ConvertConfig config) throws IOException {
    fail();
    this.converted = config;
    return new WeightConversion.Result(
        config.destination(),
        "tf1",
        config.target().option(),
        41,
        List.of("the optimizer's state [m, v]"));
  }

  @Override
  public WeightDifference compare(WeightsConfig first, WeightsConfig second, double tolerance)
      throws IOException {
    fail();
    this.tolerance = tolerance;
    boolean same = first.path().equals(second.path());
    return new WeightDifference(
        2,
        List.of(),
        same ? List.of() : List.of("classifier.bias"),
        List.of(),
        same ? List.of() : List.of(new WeightDifference.Values("pooler.weight", 0.125, 3, 1024)));
  }

  @Override
  public ModelInspection.Plan plan(PlanConfig config) throws IOException {
    fail();
    this.planned = config;
    return new ModelInspection.Plan(
        "call(training=True)",
        "serving_default",
        "logits, an output of that name",
        "all rows, since they do not train",
        List.of("dense/kernel"),
        List.of(),
        List.of(),
        List.of("BatchMatMulV2 becomes Einsum (12)"),
        List.of(),
        new ModelInspection.Memory(2_600, 400, 400, 800, 1_000, "about 2.6 kB"));
  }

  @Override
  public RunVerification.Report verify(Path run) throws IOException {
    fail();
    return new RunVerification.Report(
        run.toString(),
        "done",
        false,
        List.of(
            new RunVerification.Item("record", "run.json", true, "JSON"),
            new RunVerification.Item("checkpoint", "checkpoints/step-00000002", false, "cut"),
            new RunVerification.Item("input", "t.tsv", false, "no longer there")),
        "done at step 4");
  }

  @Override
  public Replay.Result replay(ReplayBundle bundle, TrainConfig config) throws IOException {
    fail();
    this.replayed = config;
    Diagnosis diagnosis =
        new Diagnosis(
            bundle.step().step(),
            Optional.of("loss/Log"),
            Optional.of("Log"),
            Optional.of("loss"),
            false,
            Optional.of("head/kernel"),
            Optional.of(new TensorRange("loss/Log", List.of(4L), -3, -1, 0, 1, 4)),
            List.of(new TensorRange("probabilities", List.of(4L), 0, 1, 0, 0, 4)),
            Cause.LOG_OF_ZERO,
            Cause.LOG_OF_ZERO.advice());
    return new Replay.Result(bundle, bundle.step(), diagnosis);
  }

  private void fail() throws IOException {
    if (thrown instanceof IOException file) {
      throw file;
    }
    if (thrown instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
  }
}
