package dev.belay.train.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Data of a run, and how they become batches.
 *
 * @param columns use of the columns
 * @param language options of language models
 * @param question options of question answering
 */
@Section.Of(Section.DATA)
public record DataConfig(
    @Option(
            name = "train-file",
            label = "FILE",
            help =
                ".tsv, .csv, .jsonl, .json, .conll or .tfrecord, .gz allowed, or .parquet or a "
                    + "directory of these; repeatable. Columns: text[,text_b],label, or "
                    + "input_ids,attention_mask,token_type_ids,label; for tokens text,labels "
                    + "with a label per word; for language models text (or .txt, one per line); "
                    + "for seq2seq text,target; for sentence-embedding text,positive[,negative] or "
                    + "text,text_b,score; for question-answering SQuAD's .json.",
            required = "name a .tsv, .csv, .jsonl or .tfrecord file",
            place = -1,
            trainingOnly = true,
            onResume = Option.OnResume.COMPARE_CONTENTS)
        List<Path> trainFiles,
    @Option(
            name = "validation-file",
            label = "FILE",
            help =
                "Data to evaluate on before, during and after training; formats as "
                    + "--train-file.",
            place = -1,
            trainingOnly = true,
            onResume = Option.OnResume.COMPARE_CONTENTS)
        List<Path> validationFiles,
    @Option(
            name = "tokenizer",
            label = "PATH",
            help =
                "vocab.txt, tokenizer.json, or a folder with one of them (default: found"
                    + " beside the model).",
            onResume = Option.OnResume.COMPARE_CONTENTS)
        Optional<Path> tokenizer,
    @Option(
            name = "max-seq-length",
            label = "N",
            help =
                "Maximum tokens of an example, including special tokens; longer texts are "
                    + "cut. A folder of sentence-transformers replaces the default by its own.",
            defaultValue = DataConfig.USUAL_LENGTH)
        int maxSeqLength,
    @Option(
            name = "train-batch-size",
            label = "N",
            help = "Examples in a batch of training.",
            defaultValue = "32",
            place = -1,
            trainingOnly = true)
        int trainBatchSize,
    @Option(
            name = "eval-batch-size",
            label = "N",
            help = "Examples in a batch of evaluation.",
            defaultValue = "32",
            onResume = Option.OnResume.LOG)
        int evalBatchSize,
    @Option(
            name = "shuffle",
            label = "on|off",
            help = "Shuffle the examples of each epoch.",
            defaultValue = "on",
            place = -1,
            trainingOnly = true)
        boolean shuffle,
    @Option(
            name = "group-by-length",
            help = "Put examples of similar length into a batch: less padding, faster steps.",
            place = -1,
            trainingOnly = true)
        boolean groupByLength,
    @Option(
            name = "max-tokens-per-batch",
            label = "N",
            help =
                "Cut batches by their tokens, padding included, in place of"
                    + " --train-batch-size: as many examples as fit. The batches are those of the"
                    + " first epoch, later epochs shuffle them.",
            place = -1,
            trainingOnly = true)
        OptionalInt maxTokensPerBatch,
    ColumnConfig columns,
    LanguageConfig language,
    QuestionConfig question) {

  static final String USUAL_LENGTH = "128";

  public DataConfig {
    trainFiles = List.copyOf(trainFiles);
    validationFiles = List.copyOf(validationFiles);
    new Check()
        .atLeast("--max-seq-length", 1, maxSeqLength)
        .atLeast("--train-batch-size", 1, trainBatchSize)
        .atLeast("--eval-batch-size", 1, evalBatchSize)
        .atLeast("--max-tokens-per-batch", 1, maxTokensPerBatch)
        .that(
            shuffle || !groupByLength,
            "--group-by-length reorders the examples, --shuffle off forbids it: choose one")
        .verify();
  }

  /** Whether the maximum number of tokens is the default. */
  public boolean hasUsualLength() {
    return isUsualLength(maxSeqLength);
  }

  /** Whether a maximum number of tokens is the default. */
  public static boolean isUsualLength(int tokens) {
    return tokens == Integer.parseInt(USUAL_LENGTH);
  }

  /** The same with examples of at most that many tokens. */
  public DataConfig withMaxSeqLength(int tokens) {
    return ConfigBinder.with(this, "max-seq-length", tokens);
  }

  /** The same with another tokenizer. */
  public DataConfig withTokenizer(Path other) {
    return ConfigBinder.with(this, "tokenizer", Optional.of(other));
  }

  /** The same with evaluation batches of that many examples. */
  public DataConfig withEvalBatchSize(int examples) {
    return ConfigBinder.with(this, "eval-batch-size", examples);
  }

  /** These files; everything else has the command line's defaults. */
  public static DataConfig of(List<Path> trainFiles, List<Path> validationFiles) {
    return ConfigBinder.read(
        DataConfig.class,
        Map.of(
            "train-file", ConfigBinder.texts(trainFiles),
            "validation-file", ConfigBinder.texts(validationFiles)));
  }
}
