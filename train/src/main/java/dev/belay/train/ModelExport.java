package dev.belay.train;

import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.adapter.AdapterState;
import dev.belay.train.adapter.ModelHash;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.export.MergedCheckpoint;
import dev.belay.train.export.MergedExport;
import dev.belay.train.export.PeftExport;
import dev.belay.train.export.SavedModelExport;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RecordedRun;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.session.WeightSource;
import dev.belay.train.task.SentenceEmbedding;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.folder.TokenizerExport;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

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
    TrainableModel decided = model;
    Path target = SavedModelExport.nextVersion(exports);
    new MergedExport(decided, recorded.model(), recorded.seed(), recorded.labels().size())
        .write(
            variables -> MergedCheckpoint.weights(checkpoint, decided, variables),
            description(recorded, recorded.maxSeqLength(decided.usualLength())),
            target);
    return target;
  }

  private static SavedModelExport.Description description(RecordedRun recorded, int maxSeqLength)
      throws IOException {
    return new SavedModelExport.Description(
        Optional.of(recorded.labels()).filter(labels -> !labels.isEmpty()).map(LabelMap::of),
        recorded.tokenizer().filter(Files::exists).map(TokenizerFinder::given),
        maxSeqLength);
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
    if (target == WeightTarget.PEFT) {
      return exportAdapter(chosen, folder);
    }
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
    Map<String, byte[]> beside = new LinkedHashMap<>(files);
    beside.putAll(sentenceFiles(directory, weights, tokenizer));
    beside.putAll(weights.location().generationFile());
    return WeightConversion.write(
        weights, target, folder, new WeightConversion.Beside(Optional.empty(), beside));
  }

  /** Files of sentence-transformers, if the run trained vectors of sentences. */
  private static Map<String, byte[]> sentenceFiles(
      RunDirectory run, ModelWeights weights, Optional<Path> tokenizer) throws IOException {
    RecordedRun recorded = RecordedRun.read(run.config(), run.provenance());
    boolean asked = recorded.model().head().equals(EmbeddingConfig.HEAD);
    Optional<SentenceModules> said =
        asked || recorded.model().newHead().isEmpty()
            ? SentenceModules.read(weights.location().folder())
            : Optional.empty();
    if (!asked && said.isEmpty()) {
      return Map.of();
    }
    SentenceModules modules = SentenceEmbedding.modules(recorded.model().embedding(), said);
    int hidden = weights.configuration().orElseThrow().sizes().hidden();
    OptionalInt limit =
        tokenizer
            .map(TokenizerFinder::given)
            .map(TokenizerFiles::modelMaxLength)
            .orElse(OptionalInt.empty());
    boolean usual = DataConfig.isUsualLength(recorded.maxSeqLength()) && said.isPresent();
    int longest = Math.min(recorded.maxSeqLength(), limit.orElse(Integer.MAX_VALUE));
    return (usual ? modules : modules.withMaxSeqLength(OptionalInt.of(longest))).files(hidden);
  }

  private static WeightConversion.Result exportAdapter(RunCheckpoint chosen, Path folder)
      throws IOException {
    Checkpoint checkpoint = Checkpoint.open(chosen.directory());
    AdapterState state =
        MergedCheckpoint.state(checkpoint)
            .orElseThrow(
                () ->
                    new ModelException(
                        "--format peft: "
                            + chosen.run().root()
                            + " trained no adapters; a run with --adapter lora does"));
    RecordedRun recorded = RecordedRun.read(chosen.run().config(), chosen.run().provenance());
    TrainableModel model = TrainableModel.forEvaluation(recorded.model()).decided();
    ModelHash.requireSame(state.base(), ModelHash.of(model.hashes()));
    List<String> classes;
    try (ModelGraph graph = model.graph(recorded.model().withoutAdapter(), recorded.seed())) {
      if (graph.task() instanceof SentenceEmbedding) {
        throw new ModelException(
            "--format peft: vectors of sentences are of a model without a head, whose adapters Belay"
                + " does not write: export the merged model with --format huggingface");
      }
      classes = graph.task().classes();
    }
    int tensors =
        new PeftExport(checkpoint, state, WeightSource.read(recorded.model().weights()))
            .write(recorded.model().adapter(), classes, folder);
    return new WeightConversion.Result(
        folder, "checkpoint", WeightTarget.PEFT.option(), tensors, List.of());
  }
}
