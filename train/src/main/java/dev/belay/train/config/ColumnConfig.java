package dev.belay.train.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which columns of the data are what, and how labels are written, where the names and the values do
 * not say it.
 *
 * @param text the text, or the words of a text
 * @param textPair the second text of a pair
 * @param labels the label; several: one column of 0 and 1 for each label of an example
 * @param target what is to be written about a text
 * @param causalLabels how a causal language model's labels are given; empty: unshifted, unless they
 *     look otherwise
 * @param multiHot whether a list of 0 and 1 has a place for each label, or lists the labels'
 *     numbers; empty: as the data show it
 */
public record ColumnConfig(
    Optional<String> text,
    Optional<String> textPair,
    List<String> labels,
    Optional<String> target,
    Optional<CausalLabels> causalLabels,
    Optional<Boolean> multiHot) {

  /** How the labels of a causal language model are given. */
  public enum CausalLabels {
    /** A copy of the token ids, -100 where nothing is learned; the model looks one token ahead. */
    UNSHIFTED,
    /** The label of a position is the token after it. */
    SHIFTED;

    /** As it is written on the command line. */
    public String option() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ColumnConfig {
    labels = List.copyOf(labels);
  }

  /** Everything by the names that the field uses. */
  public static ColumnConfig byName() {
    return new ColumnConfig(
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
