package dev.belay.train;

import dev.belay.train.cluster.Cluster;
import dev.belay.train.config.ConfigException;
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
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.PlannedGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.CreatedDirectories;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.FinishedRun;
import dev.belay.train.resume.RunLock;
import dev.belay.train.resume.RunStart;
import dev.belay.train.run.LengthProbe;
import dev.belay.train.run.MemoryForecast;
import dev.belay.train.run.ModelHashes;
import dev.belay.train.run.RunExecution;
import dev.belay.train.run.RunLog;
import dev.belay.train.run.RunNeeds;
import dev.belay.train.run.RunProvenance;
import dev.belay.train.run.RunVocabulary;
import dev.belay.train.run.RunWorkers;
import dev.belay.train.run.ScratchDirectory;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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

  /** Trains a trusted model; see {@link #execute(TrainConfig, List, Consumer)}. */
  public static Result execute(TrainConfig config) throws IOException {
    return execute(config, event -> {});
  }

  /** Trains a trusted model with a listener; see {@link #execute(TrainConfig, List, Consumer)}. */
  public static Result execute(TrainConfig config, Consumer<RunEvent> listener) throws IOException {
    return execute(config, List.of(), listener);
  }

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
    Task.asked(config.model()); // a wrong name is refused before the model is read
    TrainConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config);
    Optional<Cluster> cluster = Cluster.of(located.cluster(), System.getenv());
    if (config.cluster().workers() > 1 && cluster.isEmpty()) {
      throw new ConfigException(
          "--workers starts processes of `belay train`; a Java program starts them itself, and"
              + " names them to each with cluster-hosts");
    }
    Cluster.ignored(config.cluster(), System.getenv())
        .ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
    RunParticipants participants = new RunParticipants(cluster, listener, stop);
    if (cluster.isEmpty() || cluster.get().index() == 0) {
      return execute(located, sandbox, command, participants);
    }
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      execute(scratch.in(located), sandbox, command, participants);
      RunDirectory chiefs = new RunDirectory(located.outputDirectory());
      return new Result(chiefs.root(), chiefs.exports().resolve("1"), Map.of(), Map.of());
    }
  }

  /** The workers of a run, and those outside of it who hear of it and may stop it. */
  private record RunParticipants(
      Optional<Cluster> cluster, Consumer<RunEvent> listener, StopRequest stop) {}

  private static Result execute(
      TrainConfig config, ModelSandbox sandbox, List<String> command, RunParticipants participants)
      throws IOException {
    boolean mayBeRun = config.resume().mode() != ResumeConfig.Mode.NEVER;
    CreatedDirectories created = CreatedDirectories.of(config.outputDirectory());
    RunDirectory directory = RunDirectory.open(config.outputDirectory(), mayBeRun);
    try (RunLock lock = RunLock.take(directory.lock())) {
      try {
        return execute(config, sandbox, new OwnedDirectory(directory, lock), command, participants);
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
      RunParticipants participants)
      throws IOException {
    try (ModelSandbox.SandboxCheck check = sandbox.begin(config.model(), true)) {
      TrainableModel model = TrainableModel.forTraining(config.model());
      InputMapping inputs = model.inputs(config.model().inputs(), true);
      try (DatasetLoader data = new DatasetLoader(config.data(), model, inputs)) {
        check.await();
        return execute(
            new PreparedRun(config, output, model.decided(), data), command, participants);
      }
    }
  }

  /** A validated run, before any native object is created. */
  private record PreparedRun(
      TrainConfig config, OwnedDirectory output, TrainableModel model, DatasetLoader data) {}

  private static Result execute(PreparedRun job, List<String> command, RunParticipants participants)
      throws IOException {
    TrainConfig config = job.config();
    TrainableModel model = job.model();
    DatasetLoader data = job.data();
    RunDirectory directory = job.output().directory();
    Consumer<RunEvent> listener = participants.listener();
    try (PlannedGraph planned =
        new PlannedGraph(
            model, config.model(), config.machine().seed(), config.data().language().packing())) {
      ModelHashes hashes = ModelHashes.begin(model);
      TrainingData datasets = TrainingData.read(config.data(), data, model, planned.task());
      datasets.requireWholeBatches(config);
      datasets.decidingMetric(config); // refused now, not after an epoch
      Map<String, Object> facts = RunProvenance.of(config, model, hashes, data, datasets);
      try (RunWorkers workers =
          RunWorkers.join(participants.cluster(), config, participants.stop(), facts)) {
        workers.describe(facts);
        workers.warning().ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
        RunStart start = workers.start(() -> RunStart.find(config, directory, facts));
        if (start.finished()) {
          return workers.group().isChief() ? finished(directory, listener) : notWritten(directory);
        }
        ModelGraph graph =
            planned.built(RunVocabulary.of(config, model, datasets, start.checkpoint()));
        boolean warned = warn(job, graph, datasets, start, listener);
        try (TrainingSession.Training training =
            TrainingSession.training(config, model, graph, datasets.outputs(), workers.group())) {
          OptionalLong usable = UsableMemory.ofThisProcess();
          Optional<MemoryForecast> memory =
              MemoryForecast.of(config, graph.graph(), training.step(), datasets.train(), usable);
          memory
              .filter(forecast -> !warned)
              .flatMap(forecast -> forecast.warning(usable))
              .ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
          return execute(
              job,
              new RunExecution.ModelAndData(
                  model, graph, data, datasets, training.with(memory.map(MemoryForecast::note))),
              new RunLog.LogHeader(config, directory, command, facts, start),
              participants);
        }
      }
    }
  }

  private static Result execute(
      PreparedRun job,
      RunExecution.ModelAndData setup,
      RunLog.LogHeader header,
      RunParticipants participants)
      throws IOException {
    if (header.start().checkpoint().isEmpty() && LengthProbe.isNeeded(job.model())) {
      new LengthProbe(setup.training(), setup.datasets()).require();
    }
    try (RunLog records = RunLog.begin(header, participants.listener())) {
      RunExecution execution =
          new RunExecution(
              job.config(),
              setup,
              new RunExecution.RunContext(
                  header.directory(),
                  job.output().lock(),
                  header.start(),
                  records,
                  participants.stop()));
      RunExecution.Outcome outcome = records.recording(execution::run);
      return new Result(
          header.directory().root(),
          outcome.export(),
          outcome.startMetrics(),
          outcome.finalMetrics());
    }
  }

  private static Result notWritten(RunDirectory directory) {
    return new Result(directory.root(), directory.exports(), Map.of(), Map.of());
  }

  /**
   * Warns about insufficient memory and disk space, before the weights are loaded, and returns
   * whether memory is.
   */
  private static boolean warn(
      PreparedRun job,
      ModelGraph graph,
      TrainingData datasets,
      RunStart start,
      Consumer<RunEvent> listener) {
    TrainConfig config = job.config();
    RunNeeds needs = RunNeeds.of(config.optimizer(), graph.forward());
    Optional<String> memory =
        TrainingSession.machine(config).mayUseGpu()
            ? Optional.empty()
            : needs.memoryWarning(UsableMemory.ofThisProcess());
    memory.ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
    if (start.checkpoint().isEmpty()) {
      int updates = config.update().updates(datasets.batches(config).batchesPerEpoch());
      needs
          .diskWarning(
              config.loop(),
              config.schedule().totalSteps(updates),
              updates,
              job.output().directory().root())
          .ifPresent(warning -> listener.accept(new RunEvent.Warned(warning)));
    }
    return memory.isPresent();
  }

  private static Result finished(RunDirectory directory, Consumer<RunEvent> listener)
      throws IOException {
    FinishedRun run = FinishedRun.of(directory).orElseThrow();
    listener.accept(new RunEvent.AlreadyDone(run.step(), run.when(), directory.root()));
    return new Result(directory.root(), run.export(), run.startMetrics(), run.finalMetrics());
  }
}
