package dev.belay.tools.option;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.config.ColumnConfig.CausalLabels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The roles of the columns of the data. */
@Section("Data")
public final class ColumnOptions {
  @Option(
      names = {"--text-column", "--text-column-name"},
      paramLabel = "NAME",
      description =
          "Column of the text, or of the words of a text (default: by the usual names, such as"
              + " text, sentence, sentence1, premise, question1, tokens).")
  private Optional<String> text = Optional.empty();

  @Option(
      names = "--text-pair-column",
      paramLabel = "NAME",
      description =
          "Column of the second text of a pair (default: text_b, sentence2, hypothesis and the"
              + " like).")
  private Optional<String> textPair = Optional.empty();

  @Option(
      names = {"--label-column", "--label-column-name"},
      paramLabel = "NAME",
      split = ",",
      description =
          "Column of the label (default: label, labels, label_ids, ner_tags); several, divided by"
              + " commas: one of 0 and 1 for each label of multi_label_classification.")
  private List<String> labels = new ArrayList<>();

  @Option(
      names = "--target-column",
      paramLabel = "NAME",
      description =
          "Column of the text that seq2seq writes (default: target, summary, highlights).")
  private Optional<String> target = Optional.empty();

  @Option(
      names = "--causal-labels",
      paramLabel = "FORM",
      description =
          "How labels of a causal language model are given: unshifted, a copy of input_ids as"
              + " Hugging Face's, or shifted, the next token of each (default: unshifted; data that"
              + " look shifted are refused).")
  private Optional<CausalLabels> causalLabels = Optional.empty();

  @Option(
      names = "--multi-hot",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description =
          "Whether lists of 0 and 1 have a place for each label, or list the numbers of labels"
              + " (default: as the data show it).")
  private Optional<Boolean> multiHot = Optional.empty();

  ColumnConfig toConfig() {
    return new ColumnConfig(text, textPair, labels, target, causalLabels, multiHot);
  }
}
