package dev.belay.train.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which data, and how it becomes batches.
 *
 * @param trainFiles read in order as one data set
 * @param validationFiles may be empty: then nothing is evaluated
 * @param tokenizer vocab.txt, tokenizer.json or a folder; empty: found beside the model
 * @param maxSeqLength tokens, special tokens included
 * @param trainBatchSize examples of one step
 * @param evalBatchSize examples of one evaluation batch
 * @param shuffle whether each epoch has its own order
 * @param groupByLength whether batches are made of examples of like length
 * @param columns which columns are what
 * @param language what only a language model asks
 * @param question how questions about texts are put and answered
 */
public record DataConfig(
    List<Path> trainFiles,
    List<Path> validationFiles,
    Optional<Path> tokenizer,
    int maxSeqLength,
    int trainBatchSize,
    int evalBatchSize,
    boolean shuffle,
    boolean groupByLength,
    ColumnConfig columns,
    LanguageConfig language,
    QuestionConfig question) {

  public static final int DEFAULT_MAX_SEQ_LENGTH = 128;
  public static final int DEFAULT_BATCH_SIZE = 32;
  public static final boolean DEFAULT_SHUFFLE = true;

  public DataConfig {
    trainFiles = List.copyOf(trainFiles);
    validationFiles = List.copyOf(validationFiles);
    new Check()
        .atLeast("--max-seq-length", 1, maxSeqLength)
        .atLeast("--train-batch-size", 1, trainBatchSize)
        .atLeast("--eval-batch-size", 1, evalBatchSize)
        .that(
            shuffle || !groupByLength,
            "--group-by-length reorders the examples, --shuffle off forbids it: choose one")
        .verify();
  }

  /** The same with examples of at most that many tokens. */
  public DataConfig withMaxSeqLength(int tokens) {
    return new DataConfig(
        trainFiles,
        validationFiles,
        tokenizer,
        tokens,
        trainBatchSize,
        evalBatchSize,
        shuffle,
        groupByLength,
        columns,
        language,
        question);
  }

  /** The same with another tokenizer. */
  public DataConfig withTokenizer(Optional<Path> other) {
    return new DataConfig(
        trainFiles,
        validationFiles,
        other,
        maxSeqLength,
        trainBatchSize,
        evalBatchSize,
        shuffle,
        groupByLength,
        columns,
        language,
        question);
  }

  /** The same with evaluation batches of that many examples. */
  public DataConfig withEvalBatchSize(int examples) {
    return new DataConfig(
        trainFiles,
        validationFiles,
        tokenizer,
        maxSeqLength,
        trainBatchSize,
        examples,
        shuffle,
        groupByLength,
        columns,
        language,
        question);
  }

  /** These files, and otherwise what the command line takes without options. */
  public static DataConfig of(List<Path> trainFiles, List<Path> validationFiles) {
    return new DataConfig(
        trainFiles,
        validationFiles,
        Optional.empty(),
        DEFAULT_MAX_SEQ_LENGTH,
        DEFAULT_BATCH_SIZE,
        DEFAULT_BATCH_SIZE,
        DEFAULT_SHUFFLE,
        false,
        ColumnConfig.byName(),
        LanguageConfig.defaults(),
        QuestionConfig.defaults());
  }
}
