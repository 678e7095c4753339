package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Owns a CoNLL file: a line for each word, its first column the word and its last one the tag,
 * divided by blanks or, if the file has any, by tabs. An empty line ends a sentence, which is a row
 * of lists; {@code -DOCSTART-} lines and comments before a sentence are left out.
 */
final class ConllRows implements RowReader {
  /** The column of the words. */
  private static final String TOKENS = "tokens";

  /** The column of the last ones. */
  private static final String LABELS = "labels";

  private static final String DOCUMENT = "-DOCSTART-";
  private static final Pattern BLANKS = Pattern.compile("[ \\t]+");
  private static final Pattern AROUND = Pattern.compile("^[ \\t]+|[ \\t]+$");

  /** Tags of words as the schemes of the field have them, to tell a word # from a comment. */
  private static final Pattern TAG = Pattern.compile("O|[BIESLUM](-.+)?");

  private final Path file;
  private final Utf8Lines lines;
  private List<String> columns = List.of();
  private boolean tabs;

  ConllRows(Path file, Utf8Lines lines) {
    this.file = file;
    this.lines = lines;
  }

  /** Whether a line looks like a word with its tag. */
  static boolean looksTagged(String line) {
    String[] fields = BLANKS.split(trimmed(line));
    return fields.length >= 2 && TAG.matcher(fields[fields.length - 1]).matches();
  }

  @Override
  public Optional<Row> next() {
    List<List<String>> words = new ArrayList<>();
    SourcePosition start = SourcePosition.line(file, 1);
    for (Optional<String> line = lines.nextRow(); line.isPresent(); line = lines.nextRow()) {
      String text = line.get();
      boolean ends = isBlank(text) || text.startsWith(DOCUMENT);
      if (ends && !words.isEmpty()) {
        break;
      }
      if (ends || (words.isEmpty() && isComment(text))) {
        continue;
      }
      SourcePosition position = SourcePosition.line(file, lines.lineNumber());
      start = words.isEmpty() ? position : start;
      words.add(fields(text, position));
    }
    return words.isEmpty() ? Optional.empty() : Optional.of(row(start, words));
  }

  private static boolean isBlank(String line) {
    return trimmed(line).isEmpty();
  }

  /** Without blanks at its ends; those of other scripts are words. */
  private static String trimmed(String line) {
    return AROUND.matcher(line).replaceAll("");
  }

  /** A line that starts with # before a sentence, unless it is a word with its tag. */
  private boolean isComment(String line) {
    if (!line.startsWith("#")) {
      return false;
    }
    int count = split(line).size();
    return !looksTagged(line) || (!columns.isEmpty() && count != columns.size());
  }

  private List<String> fields(String line, SourcePosition position) {
    if (columns.isEmpty()) {
      tabs = line.indexOf('\t') >= 0;
      columns = names(split(line).size());
    }
    List<String> fields = split(line);
    if (fields.size() != columns.size()) {
      throw DataException.at(
          position,
          "expected "
              + columns.size()
              + " columns divided by "
              + (tabs ? "tabs" : "blanks")
              + ", as the first word has, the word first and its tag last, found "
              + fields.size()
              + "; an empty line divides sentences");
    }
    if (fields.stream().anyMatch(field -> field.isEmpty() || field.indexOf(' ') >= 0)) {
      throw DataException.at(
          position,
          "a column is empty or holds a blank: the line could be divided by tabs or by blanks;"
              + " expected one of them: write such rows as .jsonl, {\"tokens\": [..], \"labels\":"
              + " [..]}");
    }
    return fields;
  }

  private List<String> split(String line) {
    boolean byTabs = columns.isEmpty() ? line.indexOf('\t') >= 0 : tabs;
    return byTabs ? List.of(trimmed(line).split("\t", -1)) : List.of(BLANKS.split(trimmed(line)));
  }

  private static List<String> names(int count) {
    List<String> names = new ArrayList<>(List.of(TOKENS));
    for (int i = 2; i < count; i++) {
      names.add("column_" + i);
    }
    if (count > 1) {
      names.add(LABELS);
    }
    return List.copyOf(names);
  }

  private Row row(SourcePosition start, List<List<String>> words) {
    List<Cell> cells = new ArrayList<>(columns.size());
    for (int column = 0; column < columns.size(); column++) {
      int index = column;
      cells.add(new Cell.Texts(words.stream().map(word -> word.get(index)).toList()));
    }
    return new Row(start, columns, cells);
  }

  @Override
  public void close() {
    lines.close();
  }
}
