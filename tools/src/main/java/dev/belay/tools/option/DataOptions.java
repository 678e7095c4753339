package dev.belay.tools.option;

import dev.belay.train.config.DataConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How text becomes batches; the commands add which files. */
@Section("Data")
public final class DataOptions {
  @Option(
      names = "--tokenizer",
      paramLabel = "PATH",
      description =
          "vocab.txt, tokenizer.json, or a folder with one of them (default: found beside the"
              + " model).")
  private Optional<Path> tokenizer = Optional.empty();

  @Option(
      names = "--max-seq-length",
      paramLabel = "N",
      description = "Tokens of an example, special tokens included; longer texts are cut.")
  private int maxSeqLength = DataConfig.DEFAULT_MAX_SEQ_LENGTH;

  @Option(
      names = "--eval-batch-size",
      paramLabel = "N",
      description = "Examples of one evaluation batch.")
  private int evalBatchSize = DataConfig.DEFAULT_BATCH_SIZE;

  @Mixin private ColumnOptions columns;
  @Mixin private LanguageOptions language;
  @Mixin private QuestionOptions question;

  /** Files to evaluate on or to predict for. */
  public DataConfig toConfig(List<Path> files) {
    return new DataConfig(
        List.of(),
        files,
        tokenizer,
        maxSeqLength,
        DataConfig.DEFAULT_BATCH_SIZE,
        evalBatchSize,
        false,
        false,
        columns.toConfig(),
        language.toConfig(),
        question.toConfig());
  }

  /** Files to train and to validate on. */
  public DataConfig toConfig(TrainDataOptions training) {
    return new DataConfig(
        training.trainFiles(),
        training.validationFiles(),
        tokenizer,
        maxSeqLength,
        training.trainBatchSize(),
        evalBatchSize,
        training.shuffle(),
        training.groupByLength(),
        columns.toConfig(),
        language.toConfig(),
        question.toConfig());
  }
}
