package dev.belay.train.data.file;

import java.io.Reader;
import java.util.Optional;

/** Owns the lines of a file and gives them, strictly decoded, as the characters of a CSV parser. */
final class CsvLines extends Reader {
  private final Utf8Lines lines;
  private String line;
  private int position;
  private int quotesAtEnd;

  CsvLines(Utf8Lines lines) {
    this.lines = lines;
    advance();
  }

  /** The line that is read next, before anything is read the header. */
  String peek() {
    return line;
  }

  /** The number of the last line that the parser has read. */
  long lineNumber() {
    return lines.lineNumber();
  }

  /** Whether the line read last ends in a quote that is not one half of a doubled one. */
  boolean endsWithClosingQuote() {
    return quotesAtEnd % 2 != 0;
  }

  @Override
  public int read(char[] target, int offset, int length) {
    if (position == line.length()) {
      advance();
    }
    int count = Math.min(length, line.length() - position);
    if (count == 0) {
      return length == 0 ? 0 : -1;
    }
    line.getChars(position, position + count, target, offset);
    position += count;
    return count;
  }

  @Override
  public void close() {
    lines.close();
  }

  private void advance() {
    Optional<String> next = lines.nextWithEnding();
    next.ifPresent(text -> quotesAtEnd = quotesAtEnd(text));
    line = next.orElse("");
    position = 0;
  }

  private static int quotesAtEnd(String line) {
    int end = line.length();
    while (end > 0 && (line.charAt(end - 1) == '\n' || line.charAt(end - 1) == '\r')) {
      end--;
    }
    int count = 0;
    while (count < end && line.charAt(end - 1 - count) == '"') {
      count++;
    }
    return count;
  }
}
