package dev.belay.train;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.head.AttachedHead;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelJudge;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RecordedRun;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.step.StepRunner;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.folder.TokenizerExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A run's weights as a SavedModel, or as any other form of weights. */
public final class ModelExport {
  private ModelExport() {}

  /**
   * Exports a run.
   *
   * @param run a run directory, or one of its checkpoints; of a run, the best it kept, else the
   *     newest
   * @param judge tries the run's model while it is read here
   * @param target a directory for integer version folders; the next free one is written
   * @return the version folder
   */
  public static Path export(Path run, ModelJudge judge, Path target) throws IOException {
    Path checkpointPath = RunCheckpoint.choose(run, Optional.empty()).directory();
    RunDirectory directory = new RunDirectory(checkpointPath.getParent().getParent());
    Checkpoint checkpoint = Checkpoint.open(checkpointPath);
    RecordedRun recorded = RecordedRun.read(directory.config(), directory.provenance());
    TrainableModel model;
    try (ModelJudge.Judgement judgement = judge.begin(recorded.model(), false)) {
      model = TrainableModel.forEvaluation(recorded.model());
      judgement.await();
      model = model.decided();
    }
    MachineConfig machine =
        new MachineConfig(MachineConfig.DEFAULT_DEVICE, OptionalInt.empty(), recorded.seed());
    try (ModelGraph graph = model.graph(recorded.model(), recorded.seed())) {
      Optional<AttachedHead> head =
          graph.attachHead(graph.task().outputs().orElse(recorded.labels().size()));
      EvaluationStep step =
          EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
      try (StepRunner runner =
          StepRunner.forEvaluation(graph.graph(), step, ModelRun.weights(graph, head), machine)) {
        runner.restore(checkpoint.model());
        boolean isNew = model.savedModel().isEmpty() || head.isPresent();
        RunExport export =
            new RunExport(
                model,
                graph.task(),
                Optional.of(recorded.labels()).filter(l -> !l.isEmpty()).map(LabelMap::of),
                recorded.tokenizer().filter(Files::exists).map(TokenizerFinder::given),
                recorded.maxSeqLength());
        return export.write(
            runner,
            export.target(target),
            isNew ? Optional.of(pass(graph, step)) : Optional.empty());
      }
    }
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
    Path checkpoint = RunCheckpoint.choose(run, Optional.empty()).directory();
    ModelWeights weights = WeightSource.ofCheckpoint(checkpoint);
    RunDirectory directory = new RunDirectory(checkpoint.getParent().getParent());
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

  private static RunExport.NewPass pass(ModelGraph graph, EvaluationStep step) {
    return new RunExport.NewPass(
        graph.graph().toGraphDef(), graph.evaluation().call(), step.output().asOutput());
  }
}
