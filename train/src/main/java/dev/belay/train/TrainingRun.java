package dev.belay.train;

import dev.belay.graph.TrainStep;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.Task;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** One run of {@code belay train}, from configuration to exported model. */
public final class TrainingRun {
  private static final int BATCHES_AHEAD = 4;

  /** Rows are padded to a multiple of this, so that TensorFlow sees few shapes. */
  static final int PAD_TO_MULTIPLE = 8;

  private TrainingRun() {}

  /**
   * What a run leaves behind.
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
   * Trains.
   *
   * @param command the command line, for run.json
   * @param listener told of everything that happens, on the calling thread
   * @throws IOException if a file cannot be read or written; {@link
   *     dev.belay.savedmodel.CorruptModelException} if the model is refused
   * @throws ModelException if the model cannot be used as asked
   * @throws DivergedException if the loss or a norm is not finite
   */
  public static Result execute(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener) throws IOException {
    RunDirectory directory = RunDirectory.create(config.outputDirectory());
    ConfigJson.write(config, directory.config());
    Provenance provenance = new Provenance(directory.provenance(), command);
    provenance.write();
    try (RunListeners listeners = RunListeners.open(config, directory, listener)) {
      TrainableModel model = TrainableModel.forTraining(config.model());
      InputMapping inputs = InputMapping.of(model.training().source(), config.model().inputs());
      try (RunData data = new RunData(config.data(), model, inputs);
          ModelGraph graph = ModelGraph.of(model, config.model(), config.machine().seed())) {
        Result result =
            new Session(config, directory, model, graph).run(data, provenance, listeners);
        provenance.finish("done");
        return result;
      }
    } catch (DivergedException e) {
      provenance.finish("diverged");
      throw e;
    } catch (IOException | RuntimeException e) {
      provenance.put("error", String.valueOf(e.getMessage())).finish("failed");
      throw e;
    }
  }

  /** The part of a run that has a model and a graph. */
  private record Session(
      TrainConfig config, RunDirectory directory, TrainableModel model, ModelGraph graph) {

    Result run(RunData data, Provenance provenance, Consumer<RunEvent> events) throws IOException {
      graph.requireMatches(config.model());
      Task task = graph.task();
      Dataset train =
          data.read(config.data().trainFiles(), task.labelRule(model.source().labels()));
      Optional<Dataset> validation = validation(data, task, train);
      int outputs = outputs(task, train);
      ModelRun.Training training = ModelRun.training(config, model, graph, outputs);
      try (var runner = training.runner()) {
        BatchSource source = new BatchSource(train, batches(config.data()));
        Optional<Evaluator> evaluator =
            validation.map(
                dataset ->
                    new Evaluator(
                        new BatchSource(
                            dataset,
                            BatchOptions.inOrder(config.data().evalBatchSize(), PAD_TO_MULTIPLE)),
                        () -> task.newMetrics(outputs)));
        long total = config.schedule().totalSteps(source.batchesPerEpoch());
        record(provenance, data, train, validation);
        events.accept(started(total, source, training.step(), notes(data, train, validation)));
        Milestones milestones =
            new Milestones(
                config.loop(),
                new Milestones.Setting(
                    runner,
                    evaluator,
                    new CheckpointFolder(directory.checkpoints(), config.loop().saveTotalLimit()),
                    source.batchesPerEpoch(),
                    config.machine().seed(),
                    events));
        Schedule schedule = UpdateRules.schedule(config.schedule(), config.optimizer(), total);
        Map<String, Double> start = milestones.before();
        long begin = System.nanoTime();
        try (Prefetcher batches =
            Prefetcher.start(source.from(BatchPosition.START), BATCHES_AHEAD)) {
          Trainer trainer =
              new Trainer(
                  new Trainer.Parts(
                      runner, batches, source.batchesPerEpoch(), schedule::at, milestones, events));
          long steps = trainer.train(total);
          Map<String, Double> metrics = milestones.finish();
          Path export =
              new RunExport(model, train.labels(), data.tokenizerFiles())
                  .write(runner, directory.exports(), newPass(training));
          events.accept(new RunEvent.Exported(milestones.resultStep(steps), export));
          double seconds = (System.nanoTime() - begin) / 1e9;
          events.accept(new RunEvent.Done(steps, seconds, trainer.clippedFraction(steps), metrics));
          return new Result(directory.root(), export, start, metrics);
        }
      }
    }

    /** With a new head the model's own graph no longer says how logits are made. */
    private Optional<RunExport.NewPass> newPass(ModelRun.Training training) {
      return config.model().head() == ModelConfig.HeadKind.NONE
          ? Optional.empty()
          : Optional.of(
              new RunExport.NewPass(
                  graph.graph().toGraphDef(), training.evaluation().output().asOutput()));
    }

    private Optional<Dataset> validation(RunData data, Task task, Dataset train) {
      if (config.data().validationFiles().isEmpty()) {
        return Optional.empty();
      }
      LabelRule rule =
          train.labels().map(LabelRule::classes).orElseGet(() -> task.labelRule(Optional.empty()));
      return Optional.of(data.read(config.data().validationFiles(), rule));
    }

    private static int outputs(Task task, Dataset train) {
      return task.outputs().orElseGet(() -> train.labels().map(LabelMap::size).orElse(1));
    }

    private BatchOptions batches(DataConfig data) {
      return new BatchOptions(
          data.trainBatchSize(),
          data.shuffle(),
          data.groupByLength(),
          config.machine().seed(),
          PAD_TO_MULTIPLE);
    }

    private List<String> notes(RunData data, Dataset train, Optional<Dataset> validation) {
      List<String> notes = new ArrayList<>(graph.notes());
      notes.addAll(data.notes());
      notes.addAll(train.notes());
      validation.ifPresent(dataset -> notes.addAll(dataset.notes()));
      return notes;
    }

    private RunEvent.Started started(
        long total, BatchSource source, TrainStep step, List<String> notes) {
      List<GraphVariable> trained = new ArrayList<>(step.parts().model().trainable());
      step.parts().head().ifPresent(head -> trained.addAll(head.trainable()));
      trained.removeIf(variable -> step.unused().contains(variable.name()));
      List<String> all = new ArrayList<>(notes);
      if (!step.unused().isEmpty()) {
        all.add("not read by the training function, so left as they are: " + step.unused());
      }
      if (!step.withoutGradient().isEmpty()) {
        all.add("without a gradient, as allowed: " + step.withoutGradient());
      }
      long parameters =
          trained.stream().mapToLong(variable -> variable.spec().shape().size()).sum();
      return new RunEvent.Started(
          total, source.batchesPerEpoch(), source.examplesPerEpoch(), parameters, all);
    }

    private void record(
        Provenance provenance, RunData data, Dataset train, Optional<Dataset> validation)
        throws IOException {
      provenance.put("tensorflow", org.tensorflow.TensorFlow.version());
      provenance.put("seed", config.machine().seed());
      provenance.put("model", Provenance.hashTree(model.contents().directory()));
      provenance.put("train_files", hashes(config.data().trainFiles()));
      provenance.put("validation_files", hashes(config.data().validationFiles()));
      if (data.tokenizerFiles().isPresent()) {
        provenance.put("tokenizer", Provenance.hash(data.tokenizerFiles().get().definition()));
      }
      provenance.put("train_examples", train.size());
      provenance.put("validation_examples", validation.map(Dataset::size).orElse(0));
      train.labels().ifPresent(labels -> provenance.put("labels", labels.names()));
      provenance.write();
    }

    private static List<Map<String, Object>> hashes(List<Path> files) throws IOException {
      List<Map<String, Object>> hashes = new ArrayList<>();
      for (Path file : files) {
        hashes.add(Provenance.hash(file));
      }
      return hashes;
    }
  }
}
