package dev.belay.tools.command;

import dev.belay.savedmodel.weights.WeightDifference;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.ModelEvaluation;
import dev.belay.train.ModelExport;
import dev.belay.train.ModelInspection;
import dev.belay.train.Replay;
import dev.belay.train.RunCheckpoint;
import dev.belay.train.RunReporting;
import dev.belay.train.RunVerification;
import dev.belay.train.Sweep;
import dev.belay.train.TrainingRun;
import dev.belay.train.WeightConversion;
import dev.belay.train.WorkerProcesses;
import dev.belay.train.config.ConvertConfig;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.doctor.Checkup;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.event.SweepEvent;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.stability.ReplayBundle;
import dev.belay.train.task.Prediction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The part of {@code train} that commands call; tests replace it. */
@FunctionalInterface
public interface TrainApi {

  /** Tries every model before it comes into this process. */
  ModelSandbox sandbox();

  /** {@link ModelHub#ofUser}. */
  default ModelHub hub(HubProgress progress) {
    return ModelHub.ofUser(progress);
  }

  /** {@link TrainingRun#execute}. */
  default TrainingRun.Result train(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener, StopRequest stop)
      throws IOException {
    return TrainingRun.execute(config, sandbox(), command, listener, stop);
  }

  /** {@link WorkerProcesses#train}. */
  default void trainWorkers(
      TrainConfig config, List<String> command, Consumer<String> notes, StopRequest stop)
      throws IOException {
    WorkerProcesses.train(config, Context.PROGRAM, command, stop, notes);
  }

  /** {@link Sweep#execute}. */
  default Sweep.Result sweep(
      SweepConfig config, List<String> command, Consumer<SweepEvent> listener) throws IOException {
    return Sweep.execute(config, sandbox(), command, listener);
  }

  /** {@link ModelEvaluation#evaluate(EvaluateConfig, ModelSandbox, Consumer)}. */
  default ModelEvaluation.Result evaluate(EvaluateConfig config, Consumer<RunEvent> listener)
      throws IOException {
    return ModelEvaluation.evaluate(config, sandbox(), listener);
  }

  /** {@link ModelEvaluation#predict}. */
  default void predict(EvaluateConfig config, Consumer<Prediction> sink, Consumer<String> notes)
      throws IOException {
    ModelEvaluation.predict(config, sandbox(), sink, notes);
  }

  /** {@link RunCheckpoint#choose}. */
  default RunCheckpoint checkpoint(Path run, Optional<String> choice) throws IOException {
    return RunCheckpoint.choose(run, choice);
  }

  /** {@link ModelExport#export(Path, ModelSandbox, Path)}. */
  default Path export(Path run, Path target) throws IOException {
    return ModelExport.export(run, sandbox(), target);
  }

  /** {@link ModelExport#export(Path, WeightTarget, Path)}. */
  default WeightConversion.Result export(Path run, WeightTarget target, Path folder)
      throws IOException {
    return ModelExport.export(run, target, folder);
  }

  /** {@link WeightConversion#convert}. */
  default WeightConversion.Result convert(ConvertConfig config) throws IOException {
    return WeightConversion.convert(config);
  }

  /** {@link WeightConversion#compare}. */
  default WeightDifference compare(WeightsConfig first, WeightsConfig second, double tolerance)
      throws IOException {
    return WeightConversion.compare(first, second, tolerance);
  }

  /** {@link RunReporting#report}. */
  default Path report(Path run) throws IOException {
    return RunReporting.report(run);
  }

  /** {@link Replay#replay}. */
  default Replay.Result replay(ReplayBundle bundle, TrainConfig config) throws IOException {
    return Replay.replay(bundle, config);
  }

  /** {@link ModelInspection#inspect}. */
  default ModelInspection.Contents inspect(WeightsConfig config) throws IOException {
    return ModelInspection.inspect(config);
  }

  /** {@link RunVerification#verify}. */
  default RunVerification.Report verify(Path run) throws IOException {
    return RunVerification.verify(run);
  }

  /** {@link ModelInspection#plan}. */
  default ModelInspection.Plan plan(PlanConfig config) throws IOException {
    return ModelInspection.plan(config, sandbox());
  }

  /** {@link Checkup#ofThisMachine}. */
  default Checkup examine() {
    return Checkup.ofThisMachine();
  }
}
