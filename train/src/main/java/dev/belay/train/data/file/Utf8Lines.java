package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Owns a stream of bytes and gives its lines, decoded as UTF-8 without mercy: a byte that is not
 * UTF-8 is an error with its line and offset, never a replacement character in the training data.
 *
 * <p>A line ends with LF; a CR before it belongs to the ending. A byte order mark of UTF-8 at the
 * start is dropped.
 */
final class Utf8Lines implements Closeable {
  /** The longest line that is read, in bytes: beyond it the file is not what its name says. */
  static final int MAX_LINE_BYTES = 8 << 20;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final char REPLACEMENT = '\uFFFD';

  private final Path file;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  private byte[] line = new byte[256];
  private int lineBytes;
  private long lineOffset;
  private long nextOffset;
  private long lineNumber;

  /**
   * @throws DataException if the file has no bytes, or starts as UTF-16 or UTF-32 does
   */
  Utf8Lines(Path file, InputStream in) throws IOException {
    this.file = file;
    this.in = in;
    fill();
    if (limit == 0) {
      close();
      throw new DataException(file + ": the file is empty; expected at least one row");
    }
    Optional<String> other = EncodingGuess.ofStart(buffer, limit);
    if (other.isPresent()) {
      close();
      throw new DataException(
          file
              + ":1: expected UTF-8, found "
              + other.get()
              + ": "
              + EncodingGuess.advice(file, other.get()));
    }
    if (EncodingGuess.startsWithUtf8Mark(buffer, limit)) {
      position = EncodingGuess.UTF8_MARK_BYTES;
      nextOffset = position;
    }
  }

  /** The number of the line read last, from 1; 0 before the first. */
  long lineNumber() {
    return lineNumber;
  }

  /** The next line without its ending, or empty at the end of the file. */
  Optional<String> next() {
    return read() ? Optional.of(decode(withoutEnding())) : Optional.empty();
  }

  /**
   * The next line of a format whose rows are lines: one that holds a carriage return is refused,
   * since Python takes it for the end of a line.
   */
  Optional<String> nextRow() {
    Optional<String> next = next();
    if (next.isPresent() && next.get().indexOf('\r') >= 0) {
      throw DataException.at(
          SourcePosition.line(file, lineNumber),
          "a carriage return inside the line: it could end a row, as on old Macs and in Python's"
              + " text files, or belong to a text; expected lines that end with LF or CR LF:"
              + " rewrite the file, or write such texts as .csv in quotes or as .jsonl");
    }
    return next;
  }

  /** The next line with its ending as the file has it, or empty at the end of the file. */
  Optional<String> nextWithEnding() {
    return read() ? Optional.of(decode(lineBytes)) : Optional.empty();
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }

  private boolean read() {
    lineBytes = 0;
    lineOffset = nextOffset;
    try {
      while (position < limit || fill()) {
        int end = indexOfLineFeed();
        append(end);
        if (lineBytes > 0 && line[lineBytes - 1] == '\n') {
          break;
        }
      }
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
    if (lineBytes == 0) {
      return false;
    }
    lineNumber++;
    nextOffset = lineOffset + lineBytes;
    return true;
  }

  private int indexOfLineFeed() {
    for (int i = position; i < limit; i++) {
      if (buffer[i] == '\n') {
        return i + 1;
      }
    }
    return limit;
  }

  private void append(int end) {
    int count = end - position;
    if (lineBytes + count > MAX_LINE_BYTES) {
      throw DataException.at(
          SourcePosition.line(file, lineNumber + 1),
          "the line is longer than "
              + (MAX_LINE_BYTES >> 20)
              + " MB, the most that one row may have; expected one example per line: is a line"
              + " break missing, or is this not a text file?");
    }
    if (lineBytes + count > line.length) {
      line =
          Arrays.copyOf(
              line, Math.min(MAX_LINE_BYTES, Math.max(lineBytes + count, line.length * 2)));
    }
    System.arraycopy(buffer, position, line, lineBytes, count);
    lineBytes += count;
    position = end;
  }

  private boolean fill() throws IOException {
    int count = in.read(buffer, 0, buffer.length);
    position = 0;
    limit = Math.max(count, 0);
    return count > 0;
  }

  private int withoutEnding() {
    int length = lineBytes;
    if (length > 0 && line[length - 1] == '\n') {
      length--;
      if (length > 0 && line[length - 1] == '\r') {
        length--;
      }
    }
    return length;
  }

  private String decode(int length) {
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    // String replaces what it cannot decode: only a line with that character needs the strict look.
    if (text.indexOf(REPLACEMENT) >= 0) {
      requireUtf8(length);
    }
    int nul = text.indexOf('\0');
    if (nul >= 0) {
      int before = text.substring(0, nul).getBytes(StandardCharsets.UTF_8).length;
      throw new DataException(
          file
              + ":"
              + lineNumber
              + ": byte "
              + (lineOffset + before)
              + ": expected text, found a NUL byte: the file is damaged, or no text; copy it again,"
              + " or remove what is not text");
    }
    return text;
  }

  private void requireUtf8(int length) {
    ByteBuffer bytes = ByteBuffer.wrap(line, 0, length);
    CoderResult result =
        StandardCharsets.UTF_8.newDecoder().decode(bytes, CharBuffer.allocate(length + 1), true);
    if (!result.isError()) {
      return;
    }
    int bad = bytes.position();
    String guess = EncodingGuess.ofLine(Arrays.copyOf(line, length));
    throw new DataException(
        file
            + ":"
            + lineNumber
            + ": byte "
            + (lineOffset + bad)
            + ": expected UTF-8, found "
            + EncodingGuess.hex(line, bad, Math.min(length, bad + 4))
            + ", which looks like "
            + guess
            + ": "
            + EncodingGuess.advice(file, guess),
        new CharacterCodingException());
  }
}
