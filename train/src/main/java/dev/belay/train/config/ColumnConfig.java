package dev.belay.train.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Roles of the data's columns and the form of the labels, as far as names and values do not show
 * them.
 */
@Section.Of(Section.DATA)
public record ColumnConfig(
    @Option(
            name = "text-column",
            alias = "text-column-name",
            label = "NAME",
            help =
                "Column of the text, or of the words of a text (default: by the usual names,"
                    + " such as text, sentence, sentence1, premise, question1, tokens).")
        Optional<String> text,
    @Option(
            name = "text-pair-column",
            label = "NAME",
            help =
                "Column of the second text of a pair (default: text_b, sentence2, hypothesis or "
                    + "similar).")
        Optional<String> textPair,
    @Option(
            name = "label-column",
            alias = "label-column-name",
            label = "NAME",
            help =
                "Column of the label (default: label, labels, label_ids, ner_tags); for "
                    + "multi_label_classification also several, separated by commas, with 0 or 1 "
                    + "for each label.",
            commaSeparated = true)
        List<String> labels,
    @Option(
            name = "target-column",
            label = "NAME",
            help = "Column of the target text of seq2seq (default: target, summary, highlights).")
        Optional<String> target,
    @Option(
            name = "causal-labels",
            label = "FORM",
            help =
                "Form of the labels of a causal language model: unshifted, a copy of input_ids "
                    + "as for Hugging Face, or shifted, the next token of each (default: "
                    + "unshifted; data that look shifted are refused).")
        Optional<CausalLabels> causalLabels,
    @Option(
            name = "multi-hot",
            label = "on|off",
            help =
                "Read lists of 0 and 1 as one value for each label (on) or as the numbers of "
                    + "labels (off) (default: found from the data).")
        Optional<Boolean> multiHot) {

  /** Format of the labels of a causal language model. */
  public enum CausalLabels {
    /**
     * A copy of the token ids, -100 where nothing is learned; Belay shifts the labels by one token.
     */
    UNSHIFTED,
    /** The label of a position is the token after it. */
    SHIFTED;

    /** Value on the command line. */
    public String option() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ColumnConfig {
    labels = List.copyOf(labels);
  }

  /** Finds all columns by their usual names. */
  public static ColumnConfig byName() {
    return ConfigBinder.defaults(ColumnConfig.class);
  }
}
