package dev.belay.train.predict;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.step.StepRunner;
import dev.belay.train.task.PredictionRun;
import dev.belay.train.tokenize.TextTokenizer;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A loaded model with the inputs to predict for.
 *
 * @param inputs files, or what a program asks about
 */
public record ModelQuery(EvaluateConfig config, LoadedModel loaded, Inputs inputs)
    implements PredictionRun {

  /** Inputs as a model's examples. */
  public interface Inputs {
    /** Inputs of a model that reads labels, or nothing, as a rule says. */
    Dataset read(DatasetLoader data, LabelRule labels);

    /** Prompts of a language model, none of them cut. */
    Dataset readPrompts(DatasetLoader data);
  }

  /** The configured files. */
  public static ModelQuery ofFiles(EvaluateConfig config, LoadedModel loaded) {
    return new ModelQuery(
        config,
        loaded,
        new Inputs() {
          @Override
          public Dataset read(DatasetLoader data, LabelRule labels) {
            return data.read(config.files(), labels);
          }

          @Override
          public Dataset readPrompts(DatasetLoader data) {
            return data.readPrompts(config.files());
          }
        });
  }

  @Override
  public StepRunner runner() {
    return loaded.runner();
  }

  @Override
  public ForwardModel forward() {
    return loaded.graph().forward();
  }

  @Override
  public Optional<LabelMap> labels() {
    return loaded.labels();
  }

  @Override
  public Dataset read(LabelRule rule) {
    return inputs.read(loaded.data(), rule);
  }

  @Override
  public Dataset readPrompts() {
    return inputs.readPrompts(loaded.data());
  }

  @Override
  public BatchSource batches(Dataset dataset) {
    return TrainingData.inOrder(dataset, config.data().evalBatchSize(), Optional.empty());
  }

  @Override
  public TextTokenizer tokenizer() {
    return loaded.data().required("the model answers with tokens, and to make text of them ");
  }

  @Override
  public int maskId() {
    return loaded.data().maskId();
  }

  @Override
  public boolean generates() {
    return loaded.model().generates();
  }

  @Override
  public OptionalInt decoderStart() {
    return loaded.model().decoderStart();
  }

  @Override
  public Set<Integer> endIds() {
    return loaded.model().endIds();
  }

  @Override
  public GenerationSettings generation() throws IOException {
    return loaded.model().generation();
  }

  @Override
  public OptionalInt maxSeqLength() throws IOException {
    return loaded.model().maxSeqLength();
  }
}
