package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.DataFormat;
import dev.belay.train.tokenize.TokenizerFinder;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds the columns of a file that a model's inputs and labels come from: those that the user
 * names, else those of the names that the field uses.
 *
 * @param position for errors
 */
record ColumnFinder(SourcePosition position, ColumnNames columns, ExampleOptions options) {
  /** Names of token ids that other columns have too. */
  static final Set<String> UNSURE_IDS = Set.of("ids");

  private static final List<String> BESIDE_IDS =
      List.of(FeatureNames.ATTENTION_MASK, FeatureNames.TOKEN_TYPE_IDS);

  private ColumnConfig asked() {
    return options.rules().columns();
  }

  private LabelFormat format() {
    return options.labels().format();
  }

  /** Whether rows hold token ids, which go before texts unless the user names a text. */
  boolean areTokens() {
    OptionalInt ids = columns.holding(FeatureNames.INPUT_IDS);
    if (!options.wantsTokens() || ids.isEmpty() || asked().text().isPresent()) {
      return false;
    }
    String name = columns.name(ids.getAsInt());
    boolean sure =
        !UNSURE_IDS.contains(name.toLowerCase(Locale.ROOT))
            || BESIDE_IDS.stream().anyMatch(beside -> columns.holding(beside).isPresent());
    if (!sure && TextColumns.find(position, columns, asked(), format()).isEmpty()) {
      throw DataException.at(
          position,
          "column '"
              + name
              + "' could be token ids, or numbers of rows beside a text; expected one of them: name"
              + " token ids input_ids, or the text with --text-column (found columns: "
              + columns.shown()
              + ")");
    }
    return sure;
  }

  /** The text columns, if a feature comes from text. */
  Optional<TextColumns> text(boolean preTokenised, boolean tokenizer) {
    boolean fromText = options.wantsTokens() && !preTokenised;
    if (!fromText && options.features().stream().noneMatch(FeatureRequest::isText)) {
      return Optional.empty();
    }
    asked().text().ifPresent(name -> requireNamed("--text-column", name));
    asked().textPair().ifPresent(name -> requireNamed("--text-pair-column", name));
    Optional<TextColumns> text = TextColumns.find(position, columns, asked(), format());
    if (fromText) {
      requireTokenSource(text, tokenizer);
    }
    return text;
  }

  private int requireNamed(String option, String name) {
    OptionalInt column = columns.named(name);
    if (column.isEmpty()) {
      throw DataException.at(
          position,
          option
              + " "
              + name
              + ": there is no such column; found columns: "
              + (columns.size() == 0 ? "none" : columns.shown()));
    }
    return column.getAsInt();
  }

  private void requireTokenSource(Optional<TextColumns> text, boolean tokenizer) {
    if (text.isEmpty()) {
      throw missing(
          "a text column: " + TextColumns.EXPECTED + "; or input_ids for pre-tokenised data",
          "--text-column");
    }
    if (!tokenizer) {
      throw DataException.at(
          position,
          "the model takes token ids and this file has text ("
              + text.get()
              + "), but "
              + TokenizerFinder.NOT_FOUND);
    }
    for (String beside : BESIDE_IDS) {
      if (columns.named(beside).isPresent() && asked().text().isEmpty()) {
        throw DataException.at(
            position,
            "column '"
                + beside
                + "' stands beside a text ("
                + text.get()
                + ") and no input_ids: it could belong to token ids that are missing; expected"
                + " input_ids too, or no such column, or the text named with --text-column");
      }
    }
  }

  /** The column of an input; empty if it is made from the text or derived. */
  OptionalInt column(FeatureRequest request, boolean preTokenised, Optional<TextColumns> text) {
    if (request.isText()) {
      return textColumn(request, text);
    }
    if (request.isFromTokenizer()) {
      return preTokenised ? columns.holding(request.feature()) : OptionalInt.empty();
    }
    OptionalInt column = columns.holding(request.feature());
    boolean ofTarget =
        request.feature().equals(FeatureNames.DECODER_INPUT_IDS) && options.targets().isPresent();
    boolean derived = request.isLength() && options.wantsTokens();
    if (column.isEmpty() && !ofTarget && !derived) {
      throw missing("a column '" + request.feature() + "' for the model's input of that name", "");
    }
    return column;
  }

  /** A text goes to the input of its name, else to the only input that takes text. */
  private OptionalInt textColumn(FeatureRequest request, Optional<TextColumns> text) {
    OptionalInt own =
        columns.has(request.name())
            ? columns.named(request.name())
            : columns.named(request.feature());
    boolean second = request.feature().equals(FeatureNames.TEXT_B);
    boolean renamed = second ? asked().textPair().isPresent() : asked().text().isPresent();
    if (own.isPresent() && !renamed) {
      return own;
    }
    long texts = options.features().stream().filter(FeatureRequest::isText).count();
    Optional<String> name =
        second ? text.flatMap(TextColumns::second) : text.map(TextColumns::first);
    boolean clear = second || request.feature().equals(FeatureNames.TEXT) || texts == 1;
    if (name.isEmpty() || !clear) {
      throw missing(
          "a column '" + request.name() + "' for the model's text input of that name",
          texts == 1 || second || request.feature().equals(FeatureNames.TEXT)
              ? second ? "--text-pair-column" : "--text-column"
              : "--inputs text=" + request.name() + " (text_b for the second of two)");
    }
    return columns.named(name.get());
  }

  /** The columns of the label: none, one, or one of 0 and 1 for each label. */
  List<Integer> labels(boolean preTokenised) {
    boolean made = format().isMadeOfTokens() && !preTokenised;
    if (!format().isRead() || made) {
      return List.of();
    }
    boolean writes = format().isText() && !preTokenised;
    if (writes && asked().target().isPresent()) {
      return List.of(requireNamed("--target-column", asked().target().get()));
    }
    if (asked().labels().size() > 1 && !format().isSet()) {
      throw DataException.at(
          position,
          "--label-column names "
              + asked().labels().size()
              + " columns, one of 0 and 1 for each label of an example, and the model has one label"
              + " for each; expected one column, or --problem-type multi_label_classification");
    }
    if (!asked().labels().isEmpty()) {
      return asked().labels().stream().map(name -> requireNamed("--label-column", name)).toList();
    }
    List<String> present = present(preTokenised);
    if (present.size() > 1) {
      throw DataException.at(
          position,
          "several columns could be the label: "
              + present.stream().map(name -> "'" + name + "'").collect(Collectors.joining(", "))
              + "; expected one of them: name it with "
              + (writes ? "--target-column" : "--label-column"));
    }
    if (!present.isEmpty()) {
      return List.of(columns.named(present.get(0)).getAsInt());
    }
    if (format().isMadeOfTokens()) {
      return List.of();
    }
    throw missing(
        format().expectedColumn(preTokenised), writes ? "--target-column" : "--label-column");
  }

  private List<String> present(boolean preTokenised) {
    List<String> usual = format().columns(preTokenised).stream().filter(columns::has).toList();
    return usual.isEmpty() ? format().otherColumns().stream().filter(columns::has).toList() : usual;
  }

  private DataException missing(String expected, String option) {
    String found = columns.size() == 0 ? "none" : columns.shown();
    if (columns.has("paragraphs")) {
      return DataException.at(
          position,
          "SQuAD's questions are read by --head question-answering; expected "
              + expected
              + ", found columns: "
              + found);
    }
    String named = option.isEmpty() ? "" : "name it with " + option + ", or ";
    String advice =
        switch (DataFormat.of(position.file())) {
          case TFRECORD -> named + "rename the features of the records";
          case JSONL, JSON -> named + "rename the keys of the objects";
          case TXT -> "a .txt file is text alone: give columns in a .tsv, .csv or .jsonl file";
          case CONLL -> "each line has a word and, behind it, its tag";
          case PARQUET -> named + "rename the columns of the file";
          case TSV, CSV -> named + "rename the column, or, if the file has no header, give it one";
        };
    return DataException.at(
        position,
        "missing column: expected " + expected + "; found columns: " + found + "; " + advice);
  }
}
