package dev.belay.tools.command;

import dev.belay.tools.option.DataOptions;
import dev.belay.tools.option.GenerationOptions;
import dev.belay.tools.option.MachineOptions;
import dev.belay.tools.option.ModelOptions;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.Section;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.GenerationConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code evaluate} and {@code predict} share: all of their config. */
@Section("Data")
final class EvaluationOptions {
  @Mixin private ModelOptions model;

  @Option(
      names = {"--file", "--validation-file"},
      paramLabel = "FILE",
      description =
          ".tsv, .csv, .jsonl, .json, .conll or .tfrecord, .gz allowed; repeatable. Columns:"
              + " text[,text_b],label,"
              + " or input_ids,attention_mask,token_type_ids,label; for tokens text,labels with a"
              + " label per word; for language models text (or .txt, one a line), for seq2seq"
              + " text,target; for question-answering SQuAD's .json.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--labels",
      paramLabel = "NAME",
      split = ",",
      description =
          "Names of the classes in the order of the logits (default: from the run directory, or"
              + " from the file).")
  private List<String> labels = new ArrayList<>();

  @Mixin private DataOptions data;
  @Mixin private MachineOptions machine;

  /** Of a command that does not write. */
  EvaluateConfig toConfig() {
    return toConfig(new GenerationOptions(), false);
  }

  /** Of a command that writes as the options say, and may tell all candidates of a question. */
  EvaluateConfig toConfig(GenerationOptions generation, boolean nBest) {
    Problems problems = new Problems();
    model.requirePath(problems);
    problems.require(
        !files.isEmpty(), "--file", "name a .tsv, .csv, .jsonl or .tfrecord file to read");
    ModelConfig modelConfig = problems.part(model::toConfig);
    DataConfig dataConfig = problems.part(() -> data.toConfig(files));
    MachineConfig machineConfig = problems.part(machine::toConfig);
    GenerationConfig generationConfig = problems.part(generation::toConfig);
    problems.verify();
    return new EvaluateConfig(
        modelConfig, dataConfig, machineConfig, labels, generationConfig, nBest);
  }
}
