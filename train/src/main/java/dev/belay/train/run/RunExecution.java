package dev.belay.train.run;

import dev.belay.graph.TrainStep;
import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.train.adapter.AdapterSection;
import dev.belay.train.adapter.AdapterState;
import dev.belay.train.adapter.MergedWeights;
import dev.belay.train.adapter.ModelHash;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.checkpoint.Sections;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.export.MergedExport;
import dev.belay.train.export.SavedModelExport;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.loop.CheckpointRollback;
import dev.belay.train.loop.CheckpointSaver;
import dev.belay.train.loop.RunCallbacks;
import dev.belay.train.loop.Trainer;
import dev.belay.train.loop.TrainingCallbacks;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelUse;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.RunFact;
import dev.belay.train.resume.FinishedRun;
import dev.belay.train.resume.RunLock;
import dev.belay.train.resume.RunStart;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.stability.StepGuard;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One run, from its start to its export. */
public final class RunExecution {
  private static final int BATCHES_AHEAD = 4;

  private final TrainConfig config;
  private final ModelAndData setup;
  private final RunContext context;
  private final BatchSource source;
  private final int updatesPerEpoch;
  private final Sections sections = new Sections();

  public RunExecution(TrainConfig config, ModelAndData setup, RunContext context) {
    this.config = config;
    this.setup = setup;
    this.context = context;
    this.source = setup.datasets().batches(config);
    this.updatesPerEpoch = config.update().updates(source.batchesPerEpoch());
  }

  /** Model and data. */
  public record ModelAndData(
      TrainableModel model,
      ModelGraph graph,
      DatasetLoader data,
      TrainingData datasets,
      TrainingSession.Training training) {}

  /**
   * Everything around a run: its directory, lock, start, log and stop request.
   *
   * @param lock on the directory
   * @param start step and checkpoint that the run starts from
   * @param stop request to stop the run
   */
  public record RunContext(
      RunDirectory directory, RunLock lock, RunStart start, RunLog records, StopRequest stop) {

    CheckpointFolder checkpoints(TrainConfig config) {
      return new CheckpointFolder(directory.checkpoints(), config.loop().saveTotalLimit());
    }

    /** Updates that were made before. */
    long done() {
      return start.checkpoint().map(from -> from.state().step()).orElse(0L);
    }
  }

  /**
   * Result of a run that came to its end.
   *
   * @param export the SavedModel
   * @param startMetrics metrics before the first step; empty without validation data
   * @param finalMetrics metrics of the exported weights; empty without validation data
   */
  public record Outcome(
      Path export, Map<String, Double> startMetrics, Map<String, Double> finalMetrics) {}

  public Outcome run() throws IOException {
    long done = context.done();
    long total = config.schedule().totalSteps(updatesPerEpoch);
    BatchPosition next = context.start().checkpoint().map(this::next).orElse(BatchPosition.START);
    long begin = System.nanoTime();
    try (CheckpointSaver saver = saver();
        Prefetcher batches = Prefetcher.start(source.from(next), BATCHES_AHEAD)) {
      RunCallbacks callbacks = callbacks(saver);
      StepGuard guard = guard(saver);
      Schedule schedule = UpdateRules.schedule(config.schedule(), config.optimizer(), total);
      Trainer trainer =
          new Trainer(
              new Trainer.LoopComponents(
                  setup.training().runner(),
                  new UpdateBatches(batches, config.update().gradientAccumulationSteps()),
                  updatesPerEpoch,
                  schedule::at,
                  guard,
                  callbacks,
                  new Trainer.Measuring(
                      config.report().layerNormSteps(), config.cluster().timeSteps()),
                  context.records()));
      addSections(List.of(callbacks, trainer, guard));
      tellStart(total, resume(callbacks));

      context.stop().listen(true);
      context.stop().check("before its first step");
      TrainingCallbacks.CompletedStep start =
          new TrainingCallbacks.CompletedStep(done, next, done == total);
      long steps =
          together(
              callbacks,
              () -> {
                evaluateFirst(trainer, callbacks, start);
                guard.begin();
                return trainer.train(done, total);
              });
      return workers().isChief()
          ? conclude(trainer, callbacks, steps, begin)
          : new Outcome(
              context.directory().exports(), callbacks.startMetrics(), callbacks.lastMetrics());
    } finally {
      context.stop().listen(false);
    }
  }

  private WorkerGroup workers() {
    return setup.training().runner().workers();
  }

  private void evaluateFirst(
      Trainer trainer, RunCallbacks callbacks, TrainingCallbacks.CompletedStep start) {
    if (context.start().checkpoint().isPresent()) {
      callbacks.repeatOpenEvaluation(trainer, start);
    } else {
      callbacks.before();
    }
  }

  /** The part of a run in which all workers take part. */
  private interface Training {
    long train() throws IOException;
  }

  /** Trains; no worker ends before all have made the last step. */
  private long together(RunCallbacks callbacks, Training training) throws IOException {
    try {
      long steps = training.train();
      workers().leave();
      return steps;
    } catch (StoppedException | DivergedException e) {
      workers().leave();
      throw e;
    } catch (WorkerLostException e) {
      workers().detach();
      saveNewest(callbacks);
      throw e;
    }
  }

  /** The loss of a worker is what ends the run, whether or not there is a checkpoint of it. */
  private void saveNewest(RunCallbacks callbacks) {
    try {
      callbacks.saveNewest();
    } catch (WorkerLostException | MachineException e) {
      context.records().accept(new RunEvent.Warned(e.getMessage()));
    }
  }

  private Outcome conclude(Trainer trainer, RunCallbacks callbacks, long steps, long begin)
      throws IOException {
    Map<String, Double> metrics = callbacks.finish();
    context.stop().check("before its export");
    Path export = export(callbacks.resultStep(steps));
    double seconds = (System.nanoTime() - begin) / 1e9;
    context
        .records()
        .accept(
            new RunEvent.Done(
                steps,
                seconds,
                trainer.clippedFraction(steps),
                context.records().normPercentiles(),
                metrics));
    context
        .records()
        .provenance()
        .put(RunFact.RESULT, FinishedRun.fact(steps, export, callbacks.startMetrics(), metrics));
    return new Outcome(export, callbacks.startMetrics(), metrics);
  }

  private CheckpointSaver saver() {
    return new CheckpointSaver(
        new CheckpointSaver.SaverContext(
            setup.training().runner(),
            sections,
            source::examplesBefore,
            context.checkpoints(config),
            context.lock(),
            context.records(),
            context.records()::force,
            config),
        context
            .start()
            .checkpoint()
            .filter(from -> context.start().own() && !from.state().interim())
            .map(from -> from.state().step())
            .orElse(0L));
  }

  private RunCallbacks callbacks(CheckpointSaver saver) {
    return new RunCallbacks(
        config.loop(),
        new RunCallbacks.CallbackContext(
            setup.training().runner(),
            setup.datasets().evaluator(config),
            setup.datasets().decidingMetric(config),
            context.checkpoints(config),
            saver,
            updatesPerEpoch,
            context.stop(),
            context.records()));
  }

  private void addSections(List<Resumable<?>> parts) throws IOException {
    parts.forEach(sections::add);
    List<AdaptedWeight> adapted = setup.graph().forward().adapted();
    if (!adapted.isEmpty()) {
      String base = ModelHash.of(setup.model().hashes());
      sections.add(new AdapterSection(new AdapterState(base, adapted)));
    }
  }

  private StepGuard guard(CheckpointSaver saver) {
    StepRunner runner = setup.training().runner();
    return new StepGuard(
        config.stability(),
        new StepGuard.GuardContext(
            runner,
            new CheckpointRollback(runner, saver, context.checkpoints(config)),
            context.directory().failure(),
            context.directory().config(),
            config.machine().seed(),
            setup.datasets().outputs(),
            context.records()));
  }

  /** With another batch size or other data, the batch that holds the first unused example. */
  private BatchPosition next(Checkpoint checkpoint) {
    CheckpointState state = checkpoint.state();
    if (context.start().changed()) {
      return source.holding(Math.toIntExact(state.epoch()), state.examples());
    }
    long batch = state.batch();
    return batch < source.batchesPerEpoch()
        ? new BatchPosition(Math.toIntExact(state.epoch()), Math.toIntExact(batch))
        : new BatchPosition(Math.toIntExact(state.epoch() + 1), 0);
  }

  /** Puts back what the checkpoint holds; returns what a person should know about it. */
  private List<String> resume(RunCallbacks callbacks) throws IOException {
    List<String> notes = new ArrayList<>(context.start().notes());
    if (context.start().checkpoint().isPresent()) {
      Checkpoint checkpoint = context.start().checkpoint().get();
      StepRunner runner = setup.training().runner();
      runner.restore(checkpoint.model());
      if (context.start().changed()) {
        notes.addAll(runner.restoreMatchingOptimizer(checkpoint.optimizer()));
      } else {
        runner.restoreOptimizer(checkpoint.optimizer());
      }
      notes.addAll(sections.resume(checkpoint));
      if (workers().isChief()) {
        callbacks.forgetLostBest().ifPresent(notes::add);
      }
      context
          .records()
          .accept(new RunEvent.Resumed(checkpoint.state().step(), checkpoint.directory()));
    }
    return notes;
  }

  private void tellStart(long total, List<String> first) {
    TrainStep step = setup.training().step();
    List<String> notes = new ArrayList<>(first);
    boolean validates = setup.datasets().validation().isPresent();
    notes.addAll(setup.graph().notes(validates ? ModelUse.VALIDATED_TRAINING : ModelUse.TRAINING));
    notes.addAll(setup.training().notes());
    notes.addAll(setup.data().notes());
    notes.addAll(setup.datasets().notes());
    notes.addAll(TrainingSession.machine(config).notes());
    RunNeeds.lateCheckpoint(config.loop(), total).ifPresent(notes::add);
    if (!step.unused().isEmpty()) {
      notes.add("not read by the training function, so left as they are: " + step.unused());
    }
    if (!step.withoutGradient().isEmpty()) {
      notes.add("without a gradient, as allowed: " + step.withoutGradient());
    }
    long parameters = TrainingSession.parameters(TrainingSession.trained(step));
    context
        .records()
        .accept(
            new RunEvent.Started(
                total, updatesPerEpoch, source.examplesPerEpoch(), parameters, notes));
  }

  /** One that was committed just before the process was killed is the same, and stays. */
  private Path export(long step) throws IOException {
    Path exports = context.directory().exports();
    Optional<Path> before =
        context.start().changed()
            ? Optional.empty()
            : context.records().provenance().exported(step, context.directory().root());
    Path export = before.isPresent() ? before.get() : newExport(step, exports);
    context.records().provenance().hasExported(step, export, context.directory().root());
    context.records().accept(new RunEvent.Exported(step, export));
    return export;
  }

  private Path newExport(long step, Path exports) throws IOException {
    context.lock().requireHeld();
    StepRunner runner = setup.training().runner();
    SavedModelExport.Description description =
        new SavedModelExport.Description(
            setup.datasets().train().labels(),
            setup.data().tokenizerFiles(),
            setup.datasets().train().options().maxLength());
    try (VariableSnapshot weights = runner.snapshotWeights()) {
      Path target = SavedModelExport.nextVersion(exports);
      context
          .records()
          .provenance()
          .willExport(step, context.directory().root().relativize(target));
      write(weights, description, target);
      return target;
    } catch (MachineException e) {
      context.lock().requireHeld(); // a directory that is gone says more than a file that is
      throw e;
    }
  }

  private void write(
      VariableSnapshot weights, SavedModelExport.Description description, Path target)
      throws IOException {
    List<AdaptedWeight> adapted = setup.graph().forward().adapted();
    boolean whole =
        setup.training().runner().weights().stream()
            .allMatch(variable -> variable.spec().rows().isEmpty());
    if (adapted.isEmpty() && whole) {
      new SavedModelExport(
              setup.model(),
              setup.graph(),
              setup.training().evaluation(),
              setup.training().runner().weights(),
              description)
          .write(weights, target);
    } else {
      new MergedExport(
              setup.model(), config.model(), config.machine().seed(), setup.datasets().outputs())
          .write(variables -> new MergedWeights(weights, adapted), description, target);
    }
  }
}
