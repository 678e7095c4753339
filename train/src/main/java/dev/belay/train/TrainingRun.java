package dev.belay.train;

import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.doctor.UsableMemory;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.CreatedDirectories;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.FinishedRun;
import dev.belay.train.resume.RunLock;
import dev.belay.train.resume.RunStart;
import dev.belay.train.run.LengthProbe;
import dev.belay.train.run.RunExecution;
import dev.belay.train.run.RunLog;
import dev.belay.train.run.RunNeeds;
import dev.belay.train.run.RunProvenance;
import dev.belay.train.session.TrainingSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** One run of {@code belay train}, from configuration to exported model. */
public final class TrainingRun {
  private TrainingRun() {}

  /**
   * Result of a run.
   *
   * @param runDirectory as configured
   * @param exportDirectory the SavedModel, {@code export/1} in the run directory
   * @param startMetrics metrics before the first step; empty without validation data
   * @param finalMetrics metrics of the exported weights; empty without validation data
   */
  public record Result(
      Path runDirectory,
      Path exportDirectory,
      Map<String, Double> startMetrics,
      Map<String, Double> finalMetrics) {}

  /**
   * Trains a trusted model, without a stop request; see {@link #execute(TrainConfig, ModelSandbox,
   * List, Consumer, StopRequest)}.
   */
  public static Result execute(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener) throws IOException {
    return execute(config, ModelSandbox.TRUSTING, command, listener, new StopRequest());
  }

  /**
   * Trains, or resumes a run in the same directory.
   *
   * @param sandbox validates the model while it is read here
   * @param command the command line, for run.json
   * @param listener receives all events, on the calling thread; a {@link TrainingListener} has a
   *     method for each kind
   * @param stop ends the run early, with a checkpoint
   * @throws IOException if a file cannot be read or written; {@link
   *     dev.belay.savedmodel.CorruptModelException} if the model is refused
   * @throws ModelException if the model cannot be used with these options
   * @throws DivergedException if the loss or a norm is not finite
   * @throws StoppedException if it was stopped
   */
  public static Result execute(
      TrainConfig config,
      ModelSandbox sandbox,
      List<String> command,
      Consumer<RunEvent> listener,
      StopRequest stop)
      throws IOException {
    boolean mayBeRun = config.resume().mode() != ResumeConfig.Mode.NEVER;
    CreatedDirectories created = CreatedDirectories.of(config.outputDirectory());
    RunDirectory directory = RunDirectory.open(config.outputDirectory(), mayBeRun);
    try (RunLock lock = RunLock.take(directory.lock())) {
      try {
        return execute(
            config, sandbox, new OwnedDirectory(directory, lock), command, listener, stop);
      } catch (Throwable e) {
        created.removeUnused(directory.lock());
        throw e;
      }
    }
  }

  /** The output directory, and the lock on it. */
  private record OwnedDirectory(RunDirectory directory, RunLock lock) {}

  private static Result execute(
      TrainConfig config,
      ModelSandbox sandbox,
      OwnedDirectory output,
      List<String> command,
      Consumer<RunEvent> listener,
      StopRequest stop)
      throws IOException {
    try (ModelSandbox.SandboxCheck check = sandbox.begin(config.model(), true)) {
      TrainableModel model = TrainableModel.forTraining(config.model());
      InputMapping inputs = model.inputs(config.model().inputs(), true);
      try (DatasetLoader data = new DatasetLoader(config.data(), model, inputs)) {
        check.await();
        return execute(
            new PreparedRun(config, output, model.decided(), data), command, listener, stop);
      }
    }
  }

  /** A validated run, before any native object is created. */
  private record PreparedRun(
      TrainConfig config, OwnedDirectory output, TrainableModel model, DatasetLoader data) {}

  private static Result execute(
      PreparedRun job, List<String> command, Consumer<RunEvent> listener, StopRequest stop)
      throws IOException {
    TrainConfig config = job.config();
    TrainableModel model = job.model();
    DatasetLoader data = job.data();
    RunDirectory directory = job.output().directory();
    try (ModelGraph graph = model.graph(config.model(), config.machine().seed())) {
      graph.requireMatches(config.model());
      TrainingData datasets = TrainingData.read(config.data(), data, model, graph.task());
      datasets.decidingMetric(config); // refused now, not after an epoch
      Map<String, Object> facts = RunProvenance.of(config, model, data, datasets);
      RunStart start = RunStart.find(config, directory, facts);
      if (start.finished()) {
        return finished(directory, listener);
      }
      warn(job, graph, datasets, start, listener);
      try (TrainingSession.Training training =
          TrainingSession.training(config, model, graph, datasets.outputs())) {
        if (start.checkpoint().isEmpty() && LengthProbe.isNeeded(model)) {
          new LengthProbe(training, datasets).require();
        }
        try (RunLog records =
            RunLog.begin(
                new RunLog.LogHeader(config, directory, command, facts, start), listener)) {
          RunExecution execution =
              new RunExecution(
                  config,
                  new RunExecution.ModelAndData(model, graph, data, datasets, training),
                  new RunExecution.RunContext(
                      directory, job.output().lock(), start, records, stop));
          RunExecution.Outcome outcome = records.recording(execution::run);
          return new Result(
              directory.root(), outcome.export(), outcome.startMetrics(), outcome.finalMetrics());
        }
      }
    }
  }

  /** Warns about insufficient memory and disk space, before the weights are loaded. */
  private static void warn(
      PreparedRun job,
      ModelGraph graph,
      TrainingData datasets,
      RunStart start,
      Consumer<RunEvent> listener) {
    TrainConfig config = job.config();
    RunNeeds needs = RunNeeds.of(config.optimizer(), graph.forward());
    if (!TrainingSession.machine(config).mayUseGpu()) {
      needs
          .memoryWarning(UsableMemory.ofThisProcess())
          .ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
    }
    if (start.checkpoint().isEmpty()) {
      int updates = config.update().updates(datasets.batches(config).batchesPerEpoch());
      needs
          .diskWarning(
              config.loop(), config.schedule().totalSteps(updates), job.output().directory().root())
          .ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
    }
  }

  private static Result finished(RunDirectory directory, Consumer<RunEvent> listener)
      throws IOException {
    FinishedRun run = FinishedRun.of(directory).orElseThrow();
    listener.accept(new RunEvent.AlreadyDone(run.step(), run.when(), directory.root()));
    return new Result(directory.root(), run.export(), run.startMetrics(), run.finalMetrics());
  }
}
