package dev.belay.train;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.export.SavedModelExport;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RecordedRun;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.session.WeightSource;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.folder.TokenizerExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Exports a run's weights as a SavedModel, or in any other format of weights. */
public final class ModelExport {
  private ModelExport() {}

  /**
   * Exports a run as a SavedModel. The weights go from the checkpoint to the export, one by one.
   *
   * @param run a run directory, or one of its checkpoints; of a run, the best it kept, else the
   *     newest
   * @param sandbox validates the run's model while it is read here
   * @param exports a directory for integer version folders; the next free one is written
   * @return the version folder
   */
  public static Path export(Path run, ModelSandbox sandbox, Path exports) throws IOException {
    RunCheckpoint chosen = RunCheckpoint.choose(run, Optional.empty());
    RunDirectory directory = chosen.run();
    Checkpoint checkpoint = Checkpoint.open(chosen.directory());
    RecordedRun recorded = RecordedRun.read(directory.config(), directory.provenance());
    TrainableModel model;
    try (ModelSandbox.SandboxCheck check = sandbox.begin(recorded.model(), false)) {
      model = TrainableModel.forEvaluation(recorded.model());
      check.await();
      model = model.decided();
    }
    try (ModelGraph graph = model.graph(recorded.model(), recorded.seed())) {
      Optional<AttachedHead> head =
          graph.attachHead(graph.task().outputs().orElse(recorded.labels().size()));
      EvaluationStep evaluation =
          EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
      List<GraphVariable> variables =
          TrainingSession.weights(graph, head).variables().stream()
              .map(Variables::all)
              .flatMap(List::stream)
              .toList();
      SavedModelExport export =
          new SavedModelExport(model, graph, evaluation, variables, description(recorded));
      Path target = SavedModelExport.nextVersion(exports);
      export.write(checkpoint.model(), target);
      return target;
    }
  }

  private static SavedModelExport.Description description(RecordedRun recorded) throws IOException {
    return new SavedModelExport.Description(
        Optional.of(recorded.labels()).filter(labels -> !labels.isEmpty()).map(LabelMap::of),
        recorded.tokenizer().filter(Files::exists).map(TokenizerFinder::given),
        recorded.maxSeqLength());
  }

  /**
   * Exports a run as weights without a graph.
   *
   * @param run a run directory, or one of its checkpoints; of a run, the best it kept, else the
   *     newest
   * @param folder must not exist
   */
  public static WeightConversion.Result export(Path run, WeightTarget target, Path folder)
      throws IOException {
    RunCheckpoint chosen = RunCheckpoint.choose(run, Optional.empty());
    ModelWeights weights = WeightSource.ofCheckpoint(chosen.directory());
    RunDirectory directory = chosen.run();
    Optional<Path> tokenizer =
        RecordedRun.read(directory.config(), directory.provenance())
            .tokenizer()
            .filter(Files::exists);
    Map<String, byte[]> files =
        tokenizer.isPresent()
            ? TokenizerExport.files(TokenizerFinder.given(tokenizer.get()))
            : WeightConversion.tokenizer(weights.location());
    return WeightConversion.write(
        weights, target, folder, new WeightConversion.Beside(Optional.empty(), files));
  }
}
