package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The columns that hold the text, under the names that data sets of the field use.
 *
 * @param first the text
 * @param second the text after it, for pairs
 */
record TextColumns(String first, Optional<String> second) {

  /** Advice to name the columns, for messages. */
  static final String EXPECTED = "text (or sentence), for pairs text and text_b";

  private static final List<TextColumns> KNOWN =
      Stream.concat(
              Stream.of(single("text"), single("sentence")),
              FeatureNames.TEXT_PAIRS.stream().map(names -> pair(names.get(0), names.get(1))))
          .toList();

  /** A prompt and the text after it, which alone counts in the loss of a causal language model. */
  private static final TextColumns COMPLETION = pair("prompt", "completion");

  private static final List<TextColumns> CAUSAL =
      Stream.concat(KNOWN.stream(), Stream.of(COMPLETION)).toList();

  /** Usual names of a source text, if no name above is found. */
  private static final List<TextColumns> SOURCES =
      List.of(single("document"), single("article"), single("dialogue"), single("source_text"));

  private static final List<TextColumns> WORDS =
      List.of(single("tokens"), single("words"), single("text"), single("sentence"));

  private static TextColumns single(String first) {
    return new TextColumns(first, Optional.empty());
  }

  private static TextColumns pair(String first, String second) {
    return new TextColumns(first, Optional.of(second));
  }

  /**
   * The text columns of a file; empty if it has none.
   *
   * @param asked the user's options
   * @param format of the labels
   * @throws DataException if there are several candidates
   */
  static Optional<TextColumns> find(
      SourcePosition position, ColumnNames columns, ColumnConfig asked, LabelFormat format) {
    Optional<TextColumns> found =
        asked.text().isPresent()
            ? asked.text().map(TextColumns::single)
            : format.splitsWords()
                ? WORDS.stream().filter(known -> known.isIn(columns)).findFirst()
                : byName(position, columns, format.isCausal() ? CAUSAL : KNOWN)
                    .or(() -> byName(position, columns, SOURCES));
    return asked.textPair().isPresent()
        ? found.map(first -> pair(first.first(), asked.textPair().get()))
        : found;
  }

  private static Optional<TextColumns> byName(
      SourcePosition position, ColumnNames columns, List<TextColumns> known) {
    List<TextColumns> present = known.stream().filter(choice -> choice.isIn(columns)).toList();
    List<TextColumns> candidates = new ArrayList<>();
    for (TextColumns choice : present) {
      boolean partOfPair =
          choice.second().isEmpty()
              && present.stream().anyMatch(p -> p.second().isPresent() && p.uses(choice.first()));
      if (!partOfPair) {
        candidates.add(choice);
      }
    }
    if (candidates.size() > 1) {
      throw DataException.at(
          position,
          "several columns could be the text: "
              + candidates.stream().map(TextColumns::toString).collect(Collectors.joining(", or "))
              + "; expected one of them: name it with --text-column, for pairs --text-pair-column"
              + " too (found columns: "
              + columns.shown()
              + ")");
    }
    return candidates.stream().findFirst();
  }

  /** Whether only the second text counts in the loss. */
  boolean areCompletion() {
    return first.equalsIgnoreCase(COMPLETION.first())
        && second.filter(name -> name.equalsIgnoreCase(COMPLETION.second().get())).isPresent();
  }

  private boolean isIn(ColumnNames columns) {
    return columns.has(first) && second.map(columns::has).orElse(true);
  }

  private boolean uses(String column) {
    return first.equals(column) || second.filter(column::equals).isPresent();
  }

  /** {@code 'sentence1' and 'sentence2'}. */
  @Override
  public String toString() {
    return "'" + first + "'" + second.map(s -> " and '" + s + "'").orElse("");
  }
}
