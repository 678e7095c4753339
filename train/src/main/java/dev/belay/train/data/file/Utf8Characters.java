package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Owns a stream of bytes and gives its characters, decoded as strictly as {@link Utf8Lines} does,
 * for a file whose lines mean nothing.
 */
final class Utf8Characters extends Reader {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final InputStream in;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
  private final CharBuffer characters = CharBuffer.allocate(BUFFER_BYTES).limit(0);
  private long offset; // of the first byte in the buffer
  private long inRow;
  private boolean ended;

  /**
   * @throws DataException if the file has no bytes, or starts as UTF-16 or UTF-32 does
   */
  Utf8Characters(Path file, InputStream in) throws IOException {
    this.file = file;
    this.in = in;
    fill();
    byte[] start = Arrays.copyOf(bytes.array(), bytes.limit());
    Optional<String> other = EncodingGuess.ofStart(start, start.length);
    if (start.length == 0 || other.isPresent()) {
      close();
      throw new DataException(
          other.isEmpty()
              ? file + ": the file is empty; expected at least one row"
              : file
                  + ":1: expected UTF-8, found "
                  + other.get()
                  + ": "
                  + EncodingGuess.advice(file, other.get()));
    }
    if (EncodingGuess.startsWithUtf8Mark(start, start.length)) {
      bytes.position(EncodingGuess.UTF8_MARK_BYTES);
    }
  }

  /** Marks the start of the next row. */
  void beginRow() {
    inRow = 0;
  }

  @Override
  public int read(char[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!characters.hasRemaining() && !decode()) {
      return -1;
    }
    int count = Math.min(length, characters.remaining());
    characters.get(target, start, count);
    inRow += count;
    if (inRow > Utf8Lines.MAX_LINE_BYTES) {
      throw new DataException(
          file
              + ": a row is longer than "
              + (Utf8Lines.MAX_LINE_BYTES >> 20)
              + " MB, the most that one may have; expected a list of objects, one for each"
              + " example");
    }
    return count;
  }

  /** Decodes what is next; false at the end of the file. */
  private boolean decode() throws IOException {
    characters.clear();
    while (characters.position() == 0) {
      CoderResult result = decoder.decode(bytes, characters, ended);
      if (result.isError()) {
        throw notUtf8();
      }
      if (characters.position() == 0) {
        if (ended) {
          characters.flip();
          return false;
        }
        fill();
      }
    }
    characters.flip();
    return true;
  }

  private void fill() throws IOException {
    offset += bytes.position();
    bytes.compact();
    int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
    bytes.position(bytes.position() + Math.max(count, 0)).flip();
    ended = count < 0;
  }

  private DataException notUtf8() {
    int bad = bytes.position();
    byte[] around = Arrays.copyOfRange(bytes.array(), bad, Math.min(bytes.limit(), bad + 64));
    String guess = EncodingGuess.ofLine(around);
    return new DataException(
        file
            + ": byte "
            + (offset + bad)
            + ": expected UTF-8, found "
            + EncodingGuess.hex(around, 0, Math.min(around.length, 4))
            + ", which looks like "
            + guess
            + ": "
            + EncodingGuess.advice(file, guess));
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }
}
