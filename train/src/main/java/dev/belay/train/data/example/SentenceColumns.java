package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The columns of texts that are compared, under the names that sentence-transformers and data sets
 * of the field use.
 *
 * @param texts the first text, the right one and then wrong ones, or two texts with a score
 * @param score of the first two texts
 */
record SentenceColumns(List<String> texts, Optional<String> score) {
  static final String POSITIVE = "positive";

  private static final String NEGATIVE = "negative";
  private static final String NUMBERED = "negative_";
  private static final List<String> FIRST = List.of("text", "anchor", "query", "sentence");
  private static final List<String> SCORES = List.of("score", "similarity", "label", "labels");
  private static final String EXPECTED =
      "expected text and positive (and negative), or text, text_b and score";

  /**
   * The columns of a file.
   *
   * @param compared whether more than the first text is read
   * @throws DataException if there are none, or several could be meant
   */
  static SentenceColumns find(
      SourcePosition position, ColumnNames columns, ColumnConfig asked, boolean compared) {
    Search search = new Search(position, columns, asked);
    if (!compared) {
      return new SentenceColumns(List.of(search.only()), Optional.empty());
    }
    return search.compared();
  }

  /** Names of columns, for people. */
  String describe() {
    return "texts from '"
        + String.join("', '", texts)
        + "'"
        + score.map(name -> ", score from '" + name + "'").orElse(", ranked within the batch");
  }

  private record Search(SourcePosition position, ColumnNames columns, ColumnConfig asked) {

    SentenceColumns compared() {
      Optional<String> score = score();
      List<String> negatives = negatives();
      boolean pairs = columns.has(POSITIVE) || !negatives.isEmpty();
      if (asked.textPair().isEmpty() && pairs) {
        if (!columns.has(POSITIVE)) {
          throw error("there is a negative and no positive; " + EXPECTED);
        }
        if (score.isPresent()) {
          throw error(
              "there are a positive, which is ranked, and a score, '"
                  + score.get()
                  + "'; "
                  + EXPECTED
                  + ", not both");
        }
        List<String> texts = new ArrayList<>(List.of(first(), POSITIVE));
        texts.addAll(negatives);
        return new SentenceColumns(List.copyOf(texts), Optional.empty());
      }
      String first = first();
      String second =
          asked
              .textPair()
              .map(name -> named("--text-pair-column", name))
              .orElseGet(() -> second(first));
      if (score.isEmpty() && asked.textPair().isEmpty()) {
        throw error(
            "texts '"
                + first
                + "' and '"
                + second
                + "' have no score; "
                + EXPECTED
                + "; --text-pair-column "
                + second
                + " takes the second text as the positive");
      }
      return new SentenceColumns(List.of(first, second), score);
    }

    /** The text of data whose further texts are not read. */
    String only() {
      String first = first();
      boolean pair =
          FeatureNames.TEXT_PAIRS.stream()
              .anyMatch(names -> names.get(0).equals(first) && columns.has(names.get(1)));
      if (asked.textPair().isPresent() || (asked.text().isEmpty() && pair)) {
        throw error(
            "there are two texts, and a vector is made of one; name it with --text-column, without"
                + " --text-pair-column");
      }
      return first;
    }

    /** The first text. */
    String first() {
      if (asked.text().isPresent()) {
        return named("--text-column", asked.text().get());
      }
      Set<String> found = new LinkedHashSet<>();
      FIRST.stream().filter(columns::has).forEach(found::add);
      for (List<String> pair : FeatureNames.TEXT_PAIRS) {
        if (pair.stream().allMatch(columns::has)) {
          found.add(pair.get(0));
          found.remove(pair.get(1));
        }
      }
      if (found.size() != 1) {
        throw error(
            (found.isEmpty()
                    ? "no column of the text"
                    : "several columns could be the text: " + found)
                + "; "
                + EXPECTED
                + ": name it with --text-column");
      }
      return found.iterator().next();
    }

    private String second(String first) {
      for (List<String> pair : FeatureNames.TEXT_PAIRS) {
        if (pair.get(0).equals(first) && columns.has(pair.get(1))) {
          return pair.get(1);
        }
      }
      throw error(
          "'"
              + first
              + "' has no positive and no second text; "
              + EXPECTED
              + ": name the second with --text-pair-column");
    }

    private List<String> negatives() {
      List<String> found = new ArrayList<>();
      if (columns.has(NEGATIVE)) {
        found.add(NEGATIVE);
      }
      for (int i = 0; i < columns.size(); i++) {
        if (columns.has(NUMBERED + i)) {
          found.add(NUMBERED + i);
        }
      }
      return found;
    }

    private Optional<String> score() {
      if (asked.labels().size() > 1) {
        throw error("--label-column names several columns; expected one score");
      }
      if (!asked.labels().isEmpty()) {
        return Optional.of(named("--label-column", asked.labels().get(0)));
      }
      return SCORES.stream().filter(columns::has).findFirst();
    }

    private String named(String option, String column) {
      if (!columns.has(column)) {
        throw error(option + " " + column + ": there is no such column");
      }
      return column;
    }

    private DataException error(String what) {
      return DataException.at(
          position,
          what + " (found columns: " + (columns.size() == 0 ? "none" : columns.shown()) + ")");
    }
  }
}
