package dev.belay.train;

import dev.belay.graph.TrainStep;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Sections;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.event.RunEvent;
import dev.belay.train.export.SavedModelExport;
import dev.belay.train.failure.MachineException;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.FinishedRun;
import dev.belay.train.resume.RunLock;
import dev.belay.train.resume.RunStart;
import dev.belay.train.stability.StepGuard;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The course of one run, from where it begins to its export. */
final class Course {
  private static final int BATCHES_AHEAD = 4;

  private final TrainConfig config;
  private final Ground ground;
  private final Place place;
  private final BatchSource source;
  private final int updatesPerEpoch;
  private final Sections sections = new Sections();

  Course(TrainConfig config, Ground ground, Place place) {
    this.config = config;
    this.ground = ground;
    this.place = place;
    this.source = ground.datasets().batches(config);
    this.updatesPerEpoch = config.update().updates(source.batchesPerEpoch());
  }

  /** Model and data. */
  record Ground(
      TrainableModel model,
      ModelGraph graph,
      RunData data,
      RunDatasets datasets,
      ModelRun.Training training) {}

  /**
   * Where it takes place.
   *
   * @param lock on the directory
   * @param start where it begins
   * @param stop somebody's wish that it ends
   */
  record Place(
      RunDirectory directory, RunLock lock, RunStart start, RunRecords records, StopRequest stop) {

    CheckpointFolder checkpoints(TrainConfig config) {
      return new CheckpointFolder(directory.checkpoints(), config.loop().saveTotalLimit());
    }

    /** Updates that were made before. */
    long done() {
      return start.checkpoint().map(from -> from.state().step()).orElse(0L);
    }
  }

  TrainingRun.Result run() throws IOException {
    long done = place.done();
    long total = config.schedule().totalSteps(updatesPerEpoch);
    BatchPosition next = place.start().checkpoint().map(this::next).orElse(BatchPosition.START);
    long begin = System.nanoTime();
    try (RunSaver saver = saver();
        Prefetcher batches = Prefetcher.start(source.from(next), BATCHES_AHEAD)) {
      RunCallbacks callbacks = callbacks(saver);
      StepGuard guard = guard(saver);
      Schedule schedule = UpdateRules.schedule(config.schedule(), config.optimizer(), total);
      Trainer trainer =
          new Trainer(
              new Trainer.Parts(
                  ground.training().runner(),
                  new UpdateBatches(batches, config.update().gradientAccumulationSteps()),
                  updatesPerEpoch,
                  schedule::at,
                  guard,
                  callbacks,
                  config.report().layerNormSteps(),
                  place.records()));
      sections.add(callbacks);
      sections.add(trainer);
      sections.add(guard);
      tellStart(total, resume(callbacks));

      place.stop().listen(true);
      place.stop().check("before its first step");
      if (place.start().checkpoint().isPresent()) {
        callbacks.repeatOpenEvaluation(
            trainer, new TrainingCallbacks.CompletedStep(done, next, done == total));
      } else {
        callbacks.before();
      }
      guard.begin();
      long steps = trainer.train(done, total);
      Map<String, Double> metrics = callbacks.finish();
      place.stop().check("before its export");
      Path export = export(callbacks.resultStep(steps));
      double seconds = (System.nanoTime() - begin) / 1e9;
      place
          .records()
          .accept(
              new RunEvent.Done(
                  steps,
                  seconds,
                  trainer.clippedFraction(steps),
                  place.records().normPercentiles(),
                  metrics));
      place
          .records()
          .provenance()
          .put(
              FinishedRun.FACT, FinishedRun.fact(steps, export, callbacks.startMetrics(), metrics));
      return new TrainingRun.Result(
          place.directory().root(), export, callbacks.startMetrics(), metrics);
    } finally {
      place.stop().listen(false);
    }
  }

  private RunSaver saver() {
    return new RunSaver(
        new RunSaver.Setting(
            ground.training().runner(),
            sections,
            place.checkpoints(config),
            place.lock(),
            place.records(),
            config),
        place
            .start()
            .checkpoint()
            .filter(from -> place.start().own() && !from.state().interim())
            .map(from -> from.state().step())
            .orElse(0L));
  }

  private RunCallbacks callbacks(RunSaver saver) {
    return new RunCallbacks(
        config.loop(),
        new RunCallbacks.Setting(
            ground.training().runner(),
            ground.datasets().evaluator(config),
            place.checkpoints(config),
            saver,
            updatesPerEpoch,
            place.stop(),
            place.records()));
  }

  private StepGuard guard(RunSaver saver) {
    StepRunner runner = ground.training().runner();
    return new StepGuard(
        config.stability(),
        new StepGuard.Setting(
            runner,
            new SavedPoint(runner, saver, place.checkpoints(config)),
            place.directory().failure(),
            place.directory().config(),
            config.machine().seed(),
            ground.datasets().outputs(),
            place.records()));
  }

  /** With another batch size or other data, the batch that holds the first unused example. */
  private BatchPosition next(Checkpoint checkpoint) {
    CheckpointState state = checkpoint.state();
    long batch =
        place.start().changed() ? state.examples() / config.data().trainBatchSize() : state.batch();
    return batch < source.batchesPerEpoch()
        ? new BatchPosition(Math.toIntExact(state.epoch()), Math.toIntExact(batch))
        : new BatchPosition(Math.toIntExact(state.epoch() + 1), 0);
  }

  /** Puts back what the checkpoint holds; returns what a person should know about it. */
  private List<String> resume(RunCallbacks callbacks) throws IOException {
    List<String> notes = new ArrayList<>(place.start().notes());
    if (place.start().checkpoint().isPresent()) {
      Checkpoint checkpoint = place.start().checkpoint().get();
      StepRunner runner = ground.training().runner();
      runner.restore(checkpoint.model());
      if (place.start().changed()) {
        notes.addAll(runner.restoreMatchingOptimizer(checkpoint.optimizer()));
      } else {
        runner.restoreOptimizer(checkpoint.optimizer());
      }
      notes.addAll(sections.resume(checkpoint));
      callbacks.forgetLostBest().ifPresent(notes::add);
      place
          .records()
          .accept(new RunEvent.Resumed(checkpoint.state().step(), checkpoint.directory()));
    }
    return notes;
  }

  private void tellStart(long total, List<String> first) {
    TrainStep step = ground.training().step();
    List<String> notes = new ArrayList<>(first);
    notes.addAll(ground.graph().notes());
    notes.addAll(ground.training().notes());
    notes.addAll(ground.data().notes());
    notes.addAll(ground.datasets().notes());
    notes.addAll(ModelRun.machine(config).notes());
    if (!step.unused().isEmpty()) {
      notes.add("not read by the training function, so left as they are: " + step.unused());
    }
    if (!step.withoutGradient().isEmpty()) {
      notes.add("without a gradient, as allowed: " + step.withoutGradient());
    }
    long parameters = ModelRun.parameters(ModelRun.trained(step));
    place
        .records()
        .accept(
            new RunEvent.Started(
                total, updatesPerEpoch, source.examplesPerEpoch(), parameters, notes));
  }

  /** One that was committed just before the process was killed is the same, and stays. */
  private Path export(long step) throws IOException {
    Path exports = place.directory().exports();
    Optional<Path> before =
        place.start().changed()
            ? Optional.empty()
            : place.records().provenance().exported(step, place.directory().root());
    Path export = before.isPresent() ? before.get() : newExport(step, exports);
    place.records().provenance().hasExported(step, export, place.directory().root());
    place.records().accept(new RunEvent.Exported(step, export));
    return export;
  }

  private Path newExport(long step, Path exports) throws IOException {
    place.lock().requireHeld();
    StepRunner runner = ground.training().runner();
    SavedModelExport export =
        new SavedModelExport(
            ground.model(),
            ground.graph(),
            ground.training().evaluation(),
            runner.weights(),
            new SavedModelExport.Description(
                ground.datasets().train().labels(),
                ground.data().tokenizerFiles(),
                ground.datasets().train().options().maxLength()));
    try (VariableSnapshot weights = runner.snapshotWeights()) {
      Path target = SavedModelExport.nextVersion(exports);
      place.records().provenance().willExport(step, place.directory().root().relativize(target));
      export.write(weights, target);
      return target;
    } catch (MachineException e) {
      place.lock().requireHeld(); // a directory that is gone says more than a file that is
      throw e;
    }
  }
}
