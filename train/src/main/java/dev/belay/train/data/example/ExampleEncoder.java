package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.DataFormat;
import dev.belay.train.data.file.Row;
import dev.belay.train.tokenize.TextPair;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenIds;
import dev.belay.train.tokenize.WordTokens;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Rows of a file to examples of a model: picks columns, tokenizes, checks every number. */
final class ExampleEncoder {
  private final ExampleOptions options;
  private final Optional<TextTokenizer> tokenizer;
  private final LabelReader labels;
  private final LabelFormat format;
  private final SharedRows shared = new SharedRows();
  private final TokenColumns tokenColumns;
  private final Set<String> summaries = new LinkedHashSet<>();

  private List<String> layout;
  private ColumnNames names;
  private ColumnChoice choice;
  private Row firstOfFile;
  private Map<String, Boolean> roles = Map.of();
  private long padded;
  private long truncated;
  private long empty;
  private long cutWords;
  private long merged;

  ExampleEncoder(ExampleOptions options, Optional<TextTokenizer> tokenizer, LabelReader labels) {
    if (tokenizer.isPresent() && tokenizer.get().maxLength() > options.maxLength()) {
      throw new IllegalArgumentException(
          "the tokenizer cuts to "
              + tokenizer.get().maxLength()
              + ", above "
              + options.maxLength());
    }
    this.options = options;
    this.format = options.labels().format();
    this.tokenizer = tokenizer;
    this.labels = labels;
    this.tokenColumns = new TokenColumns(options, shared);
  }

  /** Whether the rows of the file that was read last come with labels. */
  boolean hasLabels() {
    return choice != null && !choice.labels().isEmpty();
  }

  /** Rows that end in padding and came without a mask. */
  long unmasked() {
    return tokenColumns.unmasked();
  }

  /** One line per file and layout: which column became what. */
  Set<String> summaries() {
    return summaries;
  }

  /** Rows that were left out because they only fill up a batch. */
  long padded() {
    return padded;
  }

  /** Texts that lost tokens. */
  long truncated() {
    return truncated;
  }

  /** Texts that say nothing. */
  long empty() {
    return empty;
  }

  /** Prompts whose last characters are in one token with the start of their completion. */
  long merged() {
    return merged;
  }

  /** Words that those texts lost. */
  long cutWords() {
    return cutWords;
  }

  /**
   * Encodes rows in their order; texts are tokenized on all processors.
   *
   * @throws DataException naming the row, if one is not what the model can take
   */
  List<EncodedExample> encode(List<Row> rows) {
    List<PreparedExample> prepared = new ArrayList<>(rows.size());
    List<TextPair> texts = new ArrayList<>();
    List<List<String>> words = new ArrayList<>();
    boolean splits = format.splitsWords();
    for (Row row : rows) {
      choose(row);
      if (isReal(row)) {
        boolean fromText = options.wantsTokens() && !choice.preTokenised();
        if (fromText) {
          choice.requireNoTokenIds(row, names, options.rules().columns());
        }
        int text = !fromText ? -1 : splits ? words.size() : texts.size();
        if (fromText && splits) {
          words.add(WordExamples.words(cell(row, choice.text().orElseThrow().first())));
        } else if (fromText) {
          texts.add(texts(row));
        }
        int target = writesText(fromText) ? texts.size() : -1;
        if (target >= 0) {
          texts.add(TextPair.of(target(row)));
        }
        prepared.add(new PreparedExample(row, names, choice, text, target));
      }
    }
    List<TokenIds> ids = texts.isEmpty() ? List.of() : tokenizer.orElseThrow().encodeAll(texts);
    List<WordTokens> split =
        words.isEmpty() ? List.of() : tokenizer.orElseThrow().encodeAllWords(words);
    List<EncodedExample> examples = new ArrayList<>(prepared.size());
    for (PreparedExample example : prepared) {
      boolean ofWords = splits && example.text() >= 0;
      examples.add(
          ofWords
              ? encodeWords(example, words.get(example.text()), split.get(example.text()))
              : encode(example, ids));
    }
    return examples;
  }

  /** Whether the rows are prompts with their completions. */
  private boolean completes() {
    return format.isCausal() && choice.text().filter(TextColumns::areCompletion).isPresent();
  }

  private boolean writesText(boolean fromText) {
    return fromText && (format.isText() || completes());
  }

  /** What is to be written or, of a prompt with its completion, the prompt alone. */
  private String target(Row row) {
    return completes()
        ? text(row, choice.text().orElseThrow().first())
        : text(row, names.name(choice.label().getAsInt()));
  }

  private void choose(Row row) {
    if (row.columns() != layout) {
      layout = row.columns();
      names = new ColumnNames(layout);
      choice = ColumnChoice.of(headerOf(row), names, options, tokenizer.isPresent());
      summaries.add(row.position().file() + ": " + choice.summary());
      requireSameRoles(row);
    }
  }

  /** A row that lacks what others of its file have would be read by another rule than those. */
  private void requireSameRoles(Row row) {
    boolean same = firstOfFile != null && isOfFile(row, firstOfFile);
    if (!same) {
      firstOfFile = row;
      roles = choice.roles();
      return;
    }
    for (Map.Entry<String, Boolean> role : choice.roles().entrySet()) {
      if (!role.getValue().equals(roles.get(role.getKey()))) {
        SourcePosition first = firstOfFile.position();
        boolean here = role.getValue();
        throw DataException.at(
            row.position(),
            "the row has "
                + (here ? "" : "no ")
                + role.getKey()
                + ", and "
                + first.unit().name().toLowerCase(Locale.ROOT)
                + " "
                + first.number()
                + " has "
                + (here ? "none" : "one")
                + "; expected the same columns in all rows of a file: fill the column, or leave it"
                + " out everywhere");
      }
    }
  }

  private static boolean isOfFile(Row row, Row other) {
    return row.position().file().equals(other.position().file())
        && row.position().number() > other.position().number();
  }

  /** Errors in the columns of a TSV or CSV file are reported at its first line. */
  private static SourcePosition headerOf(Row row) {
    if (row.position().unit() != SourcePosition.Unit.LINE) {
      return row.position();
    }
    DataFormat format = DataFormat.of(row.position().file());
    return format == DataFormat.TSV || format == DataFormat.CSV
        ? SourcePosition.line(row.position().file(), 1)
        : row.position();
  }

  private boolean isReal(Row row) {
    if (choice.realExample().isEmpty()) {
      return true;
    }
    int[] flag =
        new PreparedExample(row, names, choice, -1, -1)
            .cell(choice.realExample().getAsInt())
            .ints();
    boolean real = flag.length == 0 || flag[0] != 0;
    padded += real ? 0 : 1;
    return real;
  }

  private TextPair texts(Row row) {
    TextColumns columns = choice.text().orElseThrow();
    String first = text(row, columns.first());
    if (completes()) {
      return TextPair.of(first + text(row, columns.second().orElseThrow()));
    }
    empty += first.isBlank() ? 1 : 0;
    return new TextPair(first, columns.second().map(c -> text(row, c)));
  }

  private String text(Row row, String column) {
    return cell(row, column).text();
  }

  private CellValues cell(Row row, String column) {
    int index = names.named(column).orElseThrow();
    return new CellValues(row.position(), column, row.cells().get(index));
  }

  private EncodedExample encodeWords(PreparedExample example, List<String> words, WordTokens text) {
    TokenRows tokens = ofText(example, text.tokens());
    Origin.Words origin = new Origin.Words(List.copyOf(words), text.wordOf());
    cutWords += WordExamples.cut(origin, text);
    List<FeatureRow> features = new ArrayList<>(options.features().size());
    for (int i = 0; i < options.features().size(); i++) {
      features.add(feature(example, i, Optional.of(tokens)));
    }
    Optional<FeatureRow> label = Optional.empty();
    if (example.choice().label().isPresent()) {
      CellValues cell = example.cell(example.choice().label().getAsInt());
      label = Optional.of(WordExamples.labels(text, labels.perWord(cell, words.size())));
    }
    checkUnfed(example, tokens.length(), label);
    return new EncodedExample(
        example.row().position(),
        List.copyOf(features),
        label,
        tokens.length(),
        tokens.tokens(),
        origin);
  }

  private EncodedExample encode(PreparedExample example, List<TokenIds> ids) {
    Optional<TokenRows> tokens = Optional.empty();
    Optional<PromptCompletion> completion = Optional.empty();
    if (example.target() >= 0 && !format.isText()) {
      completion =
          Optional.of(
              PromptCompletion.of(
                  example.row().position(),
                  ids.get(example.target()),
                  ids.get(example.text()),
                  tokenizer.orElseThrow()));
      merged += completion.get().isMerged() ? 1 : 0;
      tokens = Optional.of(ofText(example, completion.get().tokens()));
    } else if (options.wantsTokens()) {
      tokens =
          Optional.of(
              example.text() >= 0
                  ? ofText(example, ids.get(example.text()))
                  : tokenColumns.read(example));
    }
    Optional<FeatureRow> written =
        format.isText() ? Optional.of(written(example, ids)) : Optional.empty();
    List<FeatureRow> features = new ArrayList<>(options.features().size());
    int decoderLength = -1;
    for (int i = 0; i < options.features().size(); i++) {
      FeatureRow row = isOfTarget(example, i) ? begunWith(written) : feature(example, i, tokens);
      features.add(row);
      if (FeatureNames.isOfDecoder(options.features().get(i).feature())) {
        decoderLength = row.length();
      }
    }
    int length = tokens.map(TokenRows::length).orElse(0);
    Optional<FeatureRow> label =
        completion.isPresent() ? Optional.of(completion.get().labels()) : written;
    boolean misfits =
        written.isPresent() && decoderLength >= 0 && written.get().length() != decoderLength;
    if (example.choice().labels().size() > 1) {
      label =
          Optional.of(
              labels.readColumns(example.choice().labels().stream().map(example::cell).toList()));
    } else if (example.choice().label().isPresent() && (label.isEmpty() || misfits)) {
      CellValues cell = example.cell(example.choice().label().getAsInt());
      label = Optional.of(labels.read(cell, decoderLength >= 0 ? decoderLength : length));
    } else if (label.isEmpty()) {
      label = tokens.flatMap(rows -> format.made(rows.ids().values(), rows.mask().values()));
    }
    checkUnfed(example, length, label);
    return new EncodedExample(
        example.row().position(),
        List.copyOf(features),
        label,
        length,
        tokens.map(TokenRows::tokens).orElse(0));
  }

  private void checkUnfed(PreparedExample example, int length, Optional<FeatureRow> label) {
    example
        .choice()
        .unfed()
        .forEach(
            (name, column) ->
                options.rules().unfed().get(name).check(name, example.cell(column), length, label));
  }

  /** The tokens of what is to be written, [T]. */
  private FeatureRow written(PreparedExample example, List<TokenIds> ids) {
    if (example.target() >= 0) {
      TokenIds target = ids.get(example.target());
      requireKnown(example, target);
      return new FeatureRow.Ints(tokenizer.orElseThrow().written(target.inputIds()));
    }
    CellValues cell = example.cell(example.choice().label().getAsInt());
    int length = cell.ints().length;
    options.targets().ifPresent(rule -> rule.requireFits(example.row().position(), length));
    return labels.read(cell, length);
  }

  /** Whether a feature follows from what is to be written. */
  private boolean isOfTarget(PreparedExample example, int feature) {
    return options.features().get(feature).feature().equals(FeatureNames.DECODER_INPUT_IDS)
        && example.choice().features().get(feature).isEmpty();
  }

  /** Input of a decoder that learns to write. */
  private FeatureRow begunWith(Optional<FeatureRow> written) {
    int[] target = written.map(row -> ((FeatureRow.Ints) row).values()).orElse(new int[1]);
    OptionalInt said = options.rules().decoderPadding();
    int padding = (said.isPresent() ? said : options.paddingId()).orElse(0);
    return new FeatureRow.Ints(options.targets().orElseThrow().input(target, padding));
  }

  private void requireKnown(PreparedExample example, TokenIds ids) {
    if (options.vocabularySize().isPresent()) {
      TokenRows.requireWithin(
          example.row().position(), "text", ids.inputIds(), options.vocabularySize().getAsInt());
    }
    truncated += ids.truncated() ? 1 : 0;
  }

  private TokenRows ofText(PreparedExample example, TokenIds ids) {
    requireKnown(example, ids);
    return new TokenRows(
        new FeatureRow.Ints(ids.inputIds()),
        shared.ones(ids.length()),
        shared.of(ids.tokenTypeIds()));
  }

  private FeatureRow feature(PreparedExample example, int index, Optional<TokenRows> tokens) {
    FeatureRequest request = options.features().get(index);
    if (request.isFromTokenizer() || example.choice().features().get(index).isEmpty()) {
      return tokens.orElseThrow().row(request.feature());
    }
    CellValues cell = example.cell(example.choice().features().get(index).orElseThrow());
    FeatureRow row =
        switch (request.type()) {
          case STRING -> new FeatureRow.Text(cell.text());
          case FLOAT -> new FeatureRow.Floats(cell.floats());
          case INTEGER -> shared.of(cell.ints());
        };
    request.requireFits(cell, row);
    if (FeatureNames.isPerToken(request.feature()) && tokens.isPresent()) {
      TokenColumns.requirePerToken(cell, row.length(), tokens.get().length());
    }
    if (FeatureNames.holdsTokenIds(request.feature()) && row instanceof FeatureRow.Ints ids) {
      tokenColumns.requireIds(cell, ids.values());
    }
    return row;
  }
}
