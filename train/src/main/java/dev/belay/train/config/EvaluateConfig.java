package dev.belay.train.config;

import dev.belay.train.failure.NearestName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model or run, and the files to evaluate it on or to predict for.
 *
 * @param data options of the data; its own files are ignored in favour of those of this record
 * @param generation decoding options of a language model
 */
@Section.Of(Section.DATA)
public record EvaluateConfig(
    ModelConfig model,
    DataConfig data,
    MachineConfig machine,
    @Option(
            name = "file",
            alias = "validation-file",
            label = "FILE",
            help =
                ".tsv, .csv, .jsonl, .json, .conll or .tfrecord, .gz allowed, .parquet or a "
                    + "directory of these, or - for standard input (JSON lines or a text per "
                    + "line); repeatable. Columns: text[,text_b],label, or "
                    + "input_ids,attention_mask,token_type_ids,label; for tokens text,labels "
                    + "with a label per word; for language models text (or .txt, one per line); "
                    + "for seq2seq text,target; for sentence-embedding text,positive[,negative] or "
                    + "text,text_b,score; for question-answering SQuAD's .json.",
            required =
                "name a .tsv, .csv, .jsonl or .tfrecord file to read, or - for standard input",
            place = -1)
        List<Path> files,
    @Option(
            name = "labels",
            label = "NAME",
            help =
                "Names of the classes in the order of the logits (default: from the run"
                    + " directory, or from the file).",
            place = -1,
            commaSeparated = true)
        List<String> labels,
    GenerationConfig generation,
    @Option(
            name = "n-best",
            help =
                "Print all candidates for the answer of a question, not only the best (see "
                    + "--n-best-size).",
            section = Section.OUTPUT)
        boolean nBest) {

  public EvaluateConfig {
    new Check()
        .that(
            !model.adapter().isOn() || model.adapter().folder().isPresent(),
            "--adapter",
            "none, or the folder of an adapter; a run's export has its adapters merged",
            "lora")
        .verify();
    files = List.copyOf(files);
    labels = List.copyOf(labels);
  }

  /**
   * Makes a config from the options of {@code belay evaluate}.
   *
   * @param options values by their names, without dashes
   * @throws ConfigException which names every invalid option
   */
  public static EvaluateConfig fromOptions(Map<String, String> options) {
    List<OptionDefinition> offered =
        OptionDefinition.of(EvaluateConfig.class).stream()
            .filter(EvaluateConfig::isOfEvaluate)
            .toList();
    Map<String, List<String>> given = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    options.forEach(
        (name, value) ->
            offered.stream()
                .filter(option -> option.isNamed(name.replace('_', '-')))
                .findFirst()
                .ifPresentOrElse(
                    option -> given.put(option.name(), List.of(value)),
                    () -> problems.add(unknown(name, offered))));
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return ConfigBinder.read(EvaluateConfig.class, given, offered);
  }

  private static String unknown(String name, List<OptionDefinition> offered) {
    return name
        + ": unknown option of `belay evaluate`"
        + NearestName.suggestion(name, offered.stream().map(OptionDefinition::name).toList());
  }

  /** Whether {@code belay evaluate} has an option; {@code belay predict} has more of them. */
  public static boolean isOfEvaluate(OptionDefinition option) {
    return !option.isTrainingOnly()
        && !option.name().equals(MachineConfig.SEED) // nothing is drawn
        && option.section() != Section.WRITING
        && option.section() != Section.OUTPUT;
  }

  /** The same with other files. */
  public EvaluateConfig withFiles(List<Path> others) {
    return new EvaluateConfig(model, data, machine, others, labels, generation, nBest);
  }

  /** The same without the losses of the model's layers, which predictions do not need. */
  public EvaluateConfig withoutModelLosses() {
    ModelConfig other = ConfigBinder.with(model, "model-losses", false);
    return new EvaluateConfig(other, data, machine, files, labels, generation, nBest);
  }

  /** The same with other decoding options of a language model. */
  public EvaluateConfig withGeneration(GenerationConfig other) {
    return new EvaluateConfig(model, data, machine, files, labels, other, nBest);
  }
}
