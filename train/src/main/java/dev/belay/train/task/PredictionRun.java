package dev.belay.train.task;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.step.StepRunner;
import dev.belay.train.tokenize.TextTokenizer;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A loaded model, with the files to predict for. */
public interface PredictionRun {

  /** Options of the user. */
  EvaluateConfig config();

  /** The model's session. */
  StepRunner runner();

  /** The model in its graph. */
  ForwardModel forward();

  /** Names of the classes, if they are known. */
  Optional<LabelMap> labels();

  /** Reads the files. */
  Dataset read(LabelRule labels);

  /** Reads the files as prompts of a language model, without cutting them. */
  Dataset readPrompts();

  /** The batches of a data set, in its order. */
  BatchSource batches(Dataset dataset);

  /**
   * Sorts a data set by length, so that its batches need little padding.
   *
   * @param numbers in the result for one example, at most
   */
  default LengthOrder byLength(Dataset dataset, long numbers) {
    return LengthOrder.of(dataset, config().data().evalBatchSize(), numbers);
  }

  /**
   * The tokenizer.
   *
   * @throws dev.belay.train.data.DataException if there is none
   */
  TextTokenizer tokenizer();

  /** The id of the mask token. */
  int maskId();

  /** Whether the model generates text token by token, besides returning logits. */
  boolean generates();

  /** The id that generated texts start with, if the model reads one text and generates another. */
  OptionalInt decoderStart();

  /** The ids that end generated texts, if the configuration has any. */
  Set<Integer> endIds();

  /** The settings of generate that come with the model. */
  GenerationSettings generation() throws IOException;

  /** The largest number of tokens that the model accepts. */
  OptionalInt maxSeqLength() throws IOException;
}
