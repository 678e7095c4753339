package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Opens data files of every format that Belay reads. */
public final class DataFile {
  private static final int BUFFER_BYTES = 1 << 16;

  private DataFile() {}

  /** Opens a file whose rows are examples; see {@link #open(Path, TextForm)}. */
  public static RowReader open(Path file) {
    return open(file, TextForm.LINES);
  }

  /** Interpretation of a .txt file. */
  public enum TextForm {
    /** A text on each line. */
    LINES,
    /** A text on each line, of which the words are needed. */
    LINES_OF_WORDS,
    /** A word with its tag on each line, as CoNLL. */
    TAGGED_WORDS
  }

  /**
   * Opens a file; the caller closes the reader.
   *
   * @param text interpretation of a .txt file
   * @throws DataException if the file cannot be opened, is empty, or is not of the format that its
   *     name says
   */
  public static RowReader open(Path file, TextForm text) {
    requireReadable(file);
    DataFormat format = DataFormat.of(file);
    try {
      return switch (format) {
        case TSV -> new TsvRows(file, lines(file));
        case CSV -> new CsvRows(file, lines(file));
        case TXT ->
            text == TextForm.TAGGED_WORDS
                ? new ConllRows(file, lines(file))
                : new TextRows(file, lines(file), text == TextForm.LINES_OF_WORDS);
        case CONLL -> new ConllRows(file, lines(file));
        case JSON -> new JsonFileRows(file, new Utf8Characters(file, bytes(file)));
        case JSONL -> new JsonRows(file, lines(file));
        case TFRECORD -> new RecordRows(file);
        case PARQUET -> parquet(file);
      };
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private static ParquetRows parquet(Path file) throws IOException {
    if (DataFormat.isGzip(file)) {
      throw new DataException(
          file + ": a Parquet file is not read from a .gz, it is compressed inside: unpack it");
    }
    return new ParquetRows(file);
  }

  private static Utf8Lines lines(Path file) throws IOException {
    return new Utf8Lines(file, bytes(file));
  }

  /** The error for a failed read of a file. */
  static DataException failure(Path file, IOException e) {
    if (e instanceof JsonProcessingException json) {
      long line = json.getLocation() == null ? 1 : json.getLocation().getLineNr();
      return DataException.at(
          SourcePosition.line(file, line), "no sound JSON: " + json.getOriginalMessage());
    }
    if (e instanceof CorruptModelException) {
      return new DataException(e.getMessage(), e);
    }
    if (DataFormat.isGzip(file)) {
      return new DataException(
          file + ": not a sound gzip file: " + reason(e) + "; compress or copy it again", e);
    }
    return new DataException(file + ": cannot be read: " + reason(e), e);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  static void requireReadable(Path file) {
    if (!Files.exists(file)) {
      throw new DataException(file + ": no such file");
    }
    if (Files.isDirectory(file)) {
      throw new DataException(
          file + ": is a directory; expected a file, " + DataFormat.EXPECTED + ": name the file");
    }
    if (!Files.isReadable(file)) {
      throw new DataException(file + ": may not be read; check its permissions");
    }
  }

  @SuppressWarnings("StreamResourceLeak") // the reader that gets the stream closes it
  static InputStream bytes(Path file) throws IOException {
    InputStream plain = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
    if (!DataFormat.isGzip(file)) {
      return plain;
    }
    try {
      return new GZIPInputStream(plain, BUFFER_BYTES);
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }
}
