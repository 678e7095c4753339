package dev.belay.train;

import dev.belay.graph.TrainStep;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.tensorflow.TensorFlow;

/** One run of {@code belay train}, from configuration to exported model. */
public final class TrainingRun {
  private static final int BATCHES_AHEAD = 4;

  private final TrainConfig config;
  private final RunDirectory directory;
  private final TrainableModel model;
  private final ModelGraph graph;

  private TrainingRun(
      TrainConfig config, RunDirectory directory, TrainableModel model, ModelGraph graph) {
    this.config = config;
    this.directory = directory;
    this.model = model;
    this.graph = graph;
  }

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
    TrainableModel model = TrainableModel.forTraining(config.model());
    InputMapping inputs = InputMapping.of(model.training().source(), config.model().inputs());
    try (RunData data = new RunData(config.data(), model, inputs);
        ModelGraph graph = ModelGraph.of(model, config.model(), config.machine().seed())) {
      graph.requireMatches(config.model());
      RunDatasets datasets = RunDatasets.read(config.data(), data, model.source(), graph.task());
      ModelRun.Training training = ModelRun.training(config, model, graph, datasets.outputs());
      try (StepRunner runner = training.runner();
          RunRecords records = RunRecords.begin(config, directory, command, listener)) {
        TrainingRun run = new TrainingRun(config, directory, model, graph);
        run.describe(records.provenance(), data, datasets);
        return records.recording(() -> run.train(runner, training, data, datasets, records));
      }
    }
  }

  private Result train(
      StepRunner runner,
      ModelRun.Training training,
      RunData data,
      RunDatasets datasets,
      RunRecords events)
      throws IOException {
    BatchSource source = datasets.batches(config);
    long total = config.schedule().totalSteps(source.batchesPerEpoch());
    events.accept(started(total, source, training.step(), notes(data, datasets)));
    Milestones milestones =
        new Milestones(
            config.loop(),
            new Milestones.Setting(
                runner,
                datasets.evaluator(config),
                new CheckpointFolder(directory.checkpoints(), config.loop().saveTotalLimit()),
                source.batchesPerEpoch(),
                config.machine().seed(),
                events));
    Schedule schedule = UpdateRules.schedule(config.schedule(), config.optimizer(), total);
    Map<String, Double> start = milestones.before();
    long begin = System.nanoTime();
    try (Prefetcher batches = Prefetcher.start(source.from(BatchPosition.START), BATCHES_AHEAD)) {
      Trainer trainer =
          new Trainer(
              new Trainer.Parts(
                  runner,
                  batches,
                  source.batchesPerEpoch(),
                  schedule::at,
                  milestones,
                  config.report().layerNormSteps(),
                  events));
      long steps = trainer.train(total);
      Map<String, Double> metrics = milestones.finish();
      Path export = export(runner, training, data, datasets);
      events.accept(new RunEvent.Exported(milestones.resultStep(steps), export));
      double seconds = (System.nanoTime() - begin) / 1e9;
      events.accept(events.done(steps, seconds, metrics));
      return new Result(directory.root(), export, start, metrics);
    }
  }

  private Path export(
      StepRunner runner, ModelRun.Training training, RunData data, RunDatasets datasets)
      throws IOException {
    // With a new head the model's own graph no longer says how logits are made.
    Optional<RunExport.NewPass> pass =
        config.model().head() == ModelConfig.HeadKind.NONE
            ? Optional.empty()
            : Optional.of(
                new RunExport.NewPass(
                    graph.graph().toGraphDef(), training.evaluation().output().asOutput()));
    return new RunExport(
            model,
            datasets.train().labels(),
            data.tokenizerFiles(),
            datasets.train().options().maxLength())
        .write(runner, directory.exports(), pass);
  }

  private List<String> notes(RunData data, RunDatasets datasets) {
    List<String> notes = new ArrayList<>(graph.notes());
    notes.addAll(data.notes());
    notes.addAll(datasets.notes());
    return notes;
  }

  private static RunEvent.Started started(
      long total, BatchSource source, TrainStep step, List<String> notes) {
    List<GraphVariable> trained = ModelRun.trained(step);
    List<String> all = new ArrayList<>(notes);
    if (!step.unused().isEmpty()) {
      all.add("not read by the training function, so left as they are: " + step.unused());
    }
    if (!step.withoutGradient().isEmpty()) {
      all.add("without a gradient, as allowed: " + step.withoutGradient());
    }
    long parameters = ModelRun.parameters(trained);
    return new RunEvent.Started(
        total, source.batchesPerEpoch(), source.examplesPerEpoch(), parameters, all);
  }

  private void describe(Provenance provenance, RunData data, RunDatasets datasets)
      throws IOException {
    Path modelDirectory = model.contents().directory().toAbsolutePath().normalize();
    provenance.put("tensorflow", TensorFlow.version());
    provenance.put("seed", config.machine().seed());
    provenance.put("model_directory", modelDirectory.toString());
    provenance.put("model", Provenance.hashTree(modelDirectory));
    provenance.put("train_files", hashes(config.data().trainFiles()));
    provenance.put("validation_files", hashes(config.data().validationFiles()));
    if (data.tokenizerFiles().isPresent()) {
      provenance.put("tokenizer", Provenance.hash(data.tokenizerFiles().get().definition()));
    }
    provenance.put("train_examples", datasets.train().size());
    provenance.put("validation_examples", datasets.validation().map(Dataset::size).orElse(0));
    datasets.train().labels().ifPresent(labels -> provenance.put("labels", labels.names()));
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
