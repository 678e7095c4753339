package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Columns of the features and the label, chosen once per layout of a file.
 *
 * @param text the text columns, if a feature comes from text
 * @param preTokenised whether token features are read from columns instead
 * @param features column of each request; empty if the feature is made from the text or derived
 * @param labels the label's columns: none, one, or one of 0 and 1 for each label
 * @param unfed columns by the input of the model's Python class that has their name
 * @param realExample the column that is 0 for rows that only fill up a batch
 * @param roles roles of the columns, the same in all rows of a file
 * @param summary the chosen columns, for people
 */
record ColumnChoice(
    Optional<TextColumns> text,
    boolean preTokenised,
    List<OptionalInt> features,
    List<Integer> labels,
    Map<String, Integer> unfed,
    OptionalInt realExample,
    Map<String, Boolean> roles,
    String summary) {
  private static final String REAL_EXAMPLE = "is_real_example";

  /**
   * @throws dev.belay.train.data.DataException if a feature or the label has no column, or several
   *     could be it
   */
  static ColumnChoice of(
      SourcePosition position, ColumnNames columns, ExampleOptions options, boolean tokenizer) {
    ColumnFinder finder = new ColumnFinder(position, columns, options);
    boolean preTokenised = finder.areTokens();
    Optional<TextColumns> text = finder.text(preTokenised, tokenizer);
    List<OptionalInt> features = new ArrayList<>();
    for (FeatureRequest request : options.features()) {
      features.add(finder.column(request, preTokenised, text));
    }
    List<Integer> labels = finder.labels(preTokenised);
    Map<String, Integer> unfed = new TreeMap<>();
    options
        .rules()
        .unfed()
        .keySet()
        .forEach(name -> columns.holding(name).ifPresent(column -> unfed.put(name, column)));
    Map<String, Boolean> roles = new TreeMap<>();
    roles.put(FeatureNames.INPUT_IDS, preTokenised);
    roles.put("a second text", text.flatMap(TextColumns::second).isPresent());
    roles.put("a label", !labels.isEmpty());
    for (String feature : List.of(FeatureNames.ATTENTION_MASK, FeatureNames.TOKEN_TYPE_IDS)) {
      roles.put(feature, preTokenised && columns.holding(feature).isPresent());
    }
    options.rules().unfed().keySet().forEach(name -> roles.put(name, unfed.containsKey(name)));
    return new ColumnChoice(
        text,
        preTokenised,
        List.copyOf(features),
        labels,
        unfed,
        columns.named(REAL_EXAMPLE),
        roles,
        new Summary(columns, options).of(text, features, labels));
  }

  /**
   * Refuses a list of numbers in a column that usually has the number of a row: token ids, beside
   * the text that would be read instead.
   */
  void requireNoTokenIds(Row row, ColumnNames columns, ColumnConfig asked) {
    for (String name : asked.text().isPresent() ? Set.<String>of() : ColumnFinder.UNSURE_IDS) {
      OptionalInt column = columns.named(name);
      if (column.isPresent()
          && new CellValues(row.position(), name, row.cells().get(column.getAsInt()))
              .isNumberList()) {
        throw DataException.at(
            row.position(),
            "column '"
                + name
                + "' holds lists of numbers, as token ids, beside a text ("
                + text.orElseThrow()
                + "); expected one of them: name the token ids input_ids, or the text with"
                + " --text-column");
      }
    }
  }

  /** The label's column, where there is one. */
  OptionalInt label() {
    return labels.size() == 1 ? OptionalInt.of(labels.get(0)) : OptionalInt.empty();
  }

  /** Description of the chosen and the ignored columns, for people. */
  private record Summary(ColumnNames columns, ExampleOptions options) {

    String of(Optional<TextColumns> text, List<OptionalInt> features, List<Integer> labels) {
      TreeSet<Integer> used = new TreeSet<>();
      List<String> parts = new ArrayList<>();
      text.ifPresent(
          t -> {
            parts.add("text from " + t);
            columns.named(t.first()).ifPresent(used::add);
            t.second().ifPresent(second -> columns.named(second).ifPresent(used::add));
          });
      for (int i = 0; i < features.size(); i++) {
        if (features.get(i).isPresent() && used.add(features.get(i).getAsInt())) {
          parts.add(
              options.features().get(i).name()
                  + " from '"
                  + columns.name(features.get(i).getAsInt())
                  + "'");
        }
      }
      if (!labels.isEmpty()) {
        used.addAll(labels);
        parts.add(
            (labels.size() == 1 ? "label from " : "labels from ")
                + String.join(
                    ", ", labels.stream().map(i -> "'" + columns.name(i) + "'").toList()));
      }
      columns.named(REAL_EXAMPLE).ifPresent(used::add);
      List<String> unused = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        if (!used.contains(i)) {
          unused.add("'" + columns.name(i) + "'");
        }
      }
      String taken = String.join(", ", parts);
      return unused.isEmpty() ? taken : taken + "; not used: " + String.join(", ", unused);
    }
  }
}
