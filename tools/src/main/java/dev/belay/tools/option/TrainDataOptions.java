package dev.belay.tools.option;

import dev.belay.train.config.DataConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What to train on; {@link DataOptions} makes the config of both. */
@Section("Data")
public final class TrainDataOptions {
  @Option(
      names = "--train-file",
      paramLabel = "FILE",
      description =
          ".tsv, .csv, .jsonl, .json, .conll or .tfrecord, .gz allowed; repeatable. Columns:"
              + " text[,text_b],label,"
              + " or input_ids,attention_mask,token_type_ids,label; for tokens text,labels with a"
              + " label per word; for language models text (or .txt, one a line), for seq2seq"
              + " text,target; for question-answering SQuAD's .json.")
  private List<Path> trainFiles = new ArrayList<>();

  @Option(
      names = "--validation-file",
      paramLabel = "FILE",
      description = "As --train-file: what to evaluate on before, while and after training.")
  private List<Path> validationFiles = new ArrayList<>();

  @Option(names = "--train-batch-size", paramLabel = "N", description = "Examples of one step.")
  private int trainBatchSize = DataConfig.DEFAULT_BATCH_SIZE;

  @Option(
      names = "--shuffle",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description = "Whether each epoch has its own order.")
  private boolean shuffle = DataConfig.DEFAULT_SHUFFLE;

  @Option(
      names = "--group-by-length",
      description = "Make batches of examples of like length: less padding, faster steps.")
  private boolean groupByLength;

  /** Complains if there is nothing to train on. */
  public void requireFiles(Problems problems) {
    problems.require(
        !trainFiles.isEmpty(), "--train-file", "name a .tsv, .csv, .jsonl or .tfrecord file");
  }

  List<Path> trainFiles() {
    return trainFiles;
  }

  List<Path> validationFiles() {
    return validationFiles;
  }

  int trainBatchSize() {
    return trainBatchSize;
  }

  boolean shuffle() {
    return shuffle;
  }

  boolean groupByLength() {
    return groupByLength;
  }
}
