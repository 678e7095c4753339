package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.DataFormat;
import dev.belay.train.tokenize.TokenizerFinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * Which column each feature and the label come from, decided once per layout of a file.
 *
 * @param text the text columns, if a feature comes from text
 * @param preTokenised whether token features come from columns instead
 * @param features per request its column; empty if it is made from the text or derived
 * @param label the label's column
 * @param realExample the column that is 0 for rows which only fill up a batch
 * @param summary what was taken, for people
 */
record ColumnChoice(
    Optional<TextColumns> text,
    boolean preTokenised,
    List<OptionalInt> features,
    OptionalInt label,
    OptionalInt realExample,
    String summary) {

  private static final List<String> LABEL = List.of("label", "label_ids", "label_id", "labels");
  private static final List<String> LABELS =
      List.of("labels", "label_ids", "label", "ner_tags", "tags");
  private static final List<String> TARGET = List.of("target", "target_text", "summary");
  private static final String REAL_EXAMPLE = "is_real_example";

  /**
   * @throws DataException if a feature or the label has no column, or several could be it
   */
  static ColumnChoice of(
      SourcePosition position, ColumnNames columns, ExampleOptions options, boolean tokenizer) {
    return new Chooser(position, columns, options).choose(tokenizer);
  }

  /** The state of one decision. */
  private record Chooser(SourcePosition position, ColumnNames columns, ExampleOptions options) {

    ColumnChoice choose(boolean tokenizer) {
      boolean preTokenised =
          options.wantsTokens() && columns.holding(FeatureNames.INPUT_IDS).isPresent();
      boolean needsText =
          options.features().stream().anyMatch(FeatureRequest::isText)
              || (options.wantsTokens() && !preTokenised);
      Optional<TextColumns> text =
          !needsText
              ? Optional.empty()
              : options.labels().kind().splitsWords()
                  ? TextColumns.findWords(columns)
                  : TextColumns.find(position, columns);
      if (options.wantsTokens() && !preTokenised) {
        requireTokenSource(text, tokenizer);
      }
      List<OptionalInt> features = new ArrayList<>();
      for (FeatureRequest request : options.features()) {
        features.add(column(request, preTokenised, text));
      }
      OptionalInt label = label(preTokenised);
      return new ColumnChoice(
          text,
          preTokenised,
          List.copyOf(features),
          label,
          columns.named(REAL_EXAMPLE),
          summary(text, features, label));
    }

    private void requireTokenSource(Optional<TextColumns> text, boolean tokenizer) {
      if (text.isEmpty()) {
        throw missing(
            "a text column: " + TextColumns.EXPECTED + "; or input_ids for pre-tokenised data");
      }
      if (!tokenizer) {
        throw DataException.at(
            position,
            "the model takes token ids and this file has text ("
                + text.get()
                + "), but "
                + TokenizerFinder.NOT_FOUND);
      }
    }

    private OptionalInt column(
        FeatureRequest request, boolean preTokenised, Optional<TextColumns> text) {
      if (request.isText()) {
        return textColumn(request, text);
      }
      if (request.isFromTokenizer()) {
        return preTokenised ? columns.holding(request.feature()) : OptionalInt.empty();
      }
      OptionalInt column = columns.holding(request.feature());
      boolean ofTarget =
          request.feature().equals(FeatureNames.DECODER_INPUT_IDS)
              && options.decoderStart().isPresent();
      if (column.isEmpty() && !ofTarget) {
        throw missing("a column '" + request.feature() + "' for the model's input of that name");
      }
      return column;
    }

    /** A text goes to the input of its name, else to the only input that takes text. */
    private OptionalInt textColumn(FeatureRequest request, Optional<TextColumns> text) {
      OptionalInt own = columns.named(request.feature());
      if (own.isPresent()) {
        return own;
      }
      long texts = options.features().stream().filter(FeatureRequest::isText).count();
      boolean second = request.feature().equals(FeatureNames.TEXT_B);
      Optional<String> name =
          second ? text.flatMap(TextColumns::second) : text.map(TextColumns::first);
      boolean clear = second || request.feature().equals(FeatureNames.TEXT) || texts == 1;
      if (name.isEmpty() || !clear) {
        throw missing(
            "a column '" + request.feature() + "' for the model's text input of that name");
      }
      return columns.named(name.get());
    }

    private OptionalInt label(boolean preTokenised) {
      LabelRule.Kind kind = options.labels().kind();
      boolean writes = kind == LabelRule.Kind.TARGET_TEXT && !preTokenised;
      if (!kind.isRead() || (kind.ofTokens() && !preTokenised)) {
        return OptionalInt.empty();
      }
      boolean several = kind.perToken() || kind == LabelRule.Kind.CLASS_SET;
      List<String> names = writes ? TARGET : several ? LABELS : LABEL;
      for (String name : names) {
        OptionalInt column = columns.named(name);
        if (column.isPresent()) {
          return column;
        }
      }
      if (kind.ofTokens()) {
        return OptionalInt.empty();
      }
      throw missing(
          switch (kind) {
            case TARGET_TEXT ->
                writes
                    ? "a column 'target' with the text that is to be written"
                    : "a column 'labels' with the token ids that are to be written";
            case TOKENS -> "a column 'labels' with one class per token";
            case WORDS -> "a column 'labels' with one class per word";
            case CLASS_SET -> "a column 'labels' with any number of labels";
            default -> "a column 'label'";
          });
    }

    private DataException missing(String expected) {
      String found = columns.size() == 0 ? "none" : columns.shown();
      String advice =
          switch (DataFormat.of(position.file())) {
            case TFRECORD -> "rename the features of the records";
            case JSONL -> "rename the keys of the objects";
            case TXT -> "a .txt file is text alone: give columns in a .tsv, .csv or .jsonl file";
            case TSV, CSV -> "rename the column, or, if the file has no header, give it one";
          };
      return DataException.at(
          position,
          "missing column: expected " + expected + "; found columns: " + found + "; " + advice);
    }

    private String summary(
        Optional<TextColumns> text, List<OptionalInt> features, OptionalInt label) {
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
      if (label.isPresent()) {
        used.add(label.getAsInt());
        parts.add("label from '" + columns.name(label.getAsInt()) + "'");
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
