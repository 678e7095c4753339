package dev.belay.savedmodel.record;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.MaskedCrc32c;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * Reads the records of a TFRecord file one after the other: length, masked CRC of the length, data,
 * masked CRC of the data. Both checksums are verified; a file that ends within a record is refused.
 *
 * <p>A file may be compressed as a whole, GZIP or ZLIB; its first bytes tell. Memory is allocated
 * as the bytes of a record arrive, never for its claimed length.
 *
 * <p>It owns the open file: close it. Source: {@code tensorflow/core/lib/io/record_reader.cc}.
 */
public final class RecordReader implements Closeable {
  /** The default limit for a record, in bytes. */
  public static final int DEFAULT_MAX_RECORD_BYTES = 1 << 26;

  static final int HEADER_BYTES = Long.BYTES + Integer.BYTES;
  private static final int FOOTER_BYTES = Integer.BYTES;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int FIRST_CHUNK_BYTES = 1 << 16;
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final int ZLIB_METHOD_MASK = 0x0f;
  private static final int ZLIB_DEFLATE = 8;
  private static final int ZLIB_CHECK = 31;

  private final Path file;
  private final InputStream input;
  private final int maxRecordBytes;
  private long position;
  private long records;

  private RecordReader(Path file, InputStream input, int maxRecordBytes) {
    this.file = file;
    this.input = input;
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Opens a file whose records have at most {@link #DEFAULT_MAX_RECORD_BYTES} bytes each. */
  public static RecordReader open(Path file) throws IOException {
    return open(file, DEFAULT_MAX_RECORD_BYTES);
  }

  /**
   * Opens a file.
   *
   * @param maxRecordBytes a longer record is refused
   * @throws IOException if the file cannot be opened
   */
  public static RecordReader open(Path file, int maxRecordBytes) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
    try {
      return new RecordReader(file, decompressed(raw), maxRecordBytes);
    } catch (ZipException | EOFException e) {
      raw.close();
      throw new CorruptModelException(file, "byte 0", "a GZIP stream", e.getMessage());
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /**
   * The next record, or nothing at the end of the file.
   *
   * @throws CorruptModelException if the record is cut, longer than allowed, or fails its checksums
   */
  public Optional<byte[]> next() throws IOException {
    byte[] header = take(HEADER_BYTES, "length");
    if (header.length == 0) {
      return Optional.empty();
    }
    requireWhole(header.length, HEADER_BYTES, "length");
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    long length = fields.getLong();
    checkSum("length", fields.getInt(), MaskedCrc32c.of(ByteBuffer.wrap(header, 0, Long.BYTES)));
    if (length < 0 || length > maxRecordBytes) {
      throw refused(
          "length", "at most " + maxRecordBytes + " bytes", Long.toUnsignedString(length));
    }
    byte[] data = take((int) length, "data");
    requireWhole(data.length, (int) length, "data");
    byte[] footer = take(FOOTER_BYTES, "checksum of the data");
    requireWhole(footer.length, FOOTER_BYTES, "checksum of the data");
    int stored = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).getInt();
    checkSum("data", stored, MaskedCrc32c.of(ByteBuffer.wrap(data)));
    position += HEADER_BYTES + length + FOOTER_BYTES;
    records++;
    return Optional.of(data);
  }

  /** The file that is read. */
  public Path file() {
    return file;
  }

  /** The number of records read so far. */
  public long records() {
    return records;
  }

  @Override
  public void close() throws IOException {
    input.close();
  }

  /**
   * A plain file is recognized by the checksum in its first 12 bytes, even if its first length
   * looks like the magic number of a compression.
   */
  private static InputStream decompressed(InputStream raw) throws IOException {
    raw.mark(HEADER_BYTES);
    byte[] start = raw.readNBytes(HEADER_BYTES);
    raw.reset();
    if (start.length < 2 || isPlain(start)) {
      return raw;
    }
    int firstTwo = Short.toUnsignedInt(ByteBuffer.wrap(start).getShort());
    if (firstTwo == GZIP_MAGIC) {
      return new GZIPInputStream(raw, BUFFER_BYTES);
    }
    boolean zlib = (start[0] & ZLIB_METHOD_MASK) == ZLIB_DEFLATE && firstTwo % ZLIB_CHECK == 0;
    return zlib ? new InflaterInputStream(raw) : raw;
  }

  private static boolean isPlain(byte[] start) {
    return start.length == HEADER_BYTES
        && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt(Long.BYTES)
            == MaskedCrc32c.of(ByteBuffer.wrap(start, 0, Long.BYTES));
  }

  /** Reads up to {@code length} bytes, fewer at the end of the file, growing as they arrive. */
  private byte[] take(int length, String what) throws IOException {
    byte[] bytes = new byte[Math.min(length, FIRST_CHUNK_BYTES)];
    int filled = 0;
    try {
      while (filled < length) {
        int read = input.readNBytes(bytes, filled, bytes.length - filled);
        filled += read;
        if (filled < bytes.length) {
          break;
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
      }
    } catch (ZipException e) {
      throw refused(what, "compressed bytes", e.getMessage());
    } catch (EOFException e) {
      throw refused(what, "the end of the compressed stream", "the end of the file");
    }
    return filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
  }

  private void requireWhole(int found, int wanted, String what) throws CorruptModelException {
    if (found < wanted) {
      throw refused(what, wanted + " bytes", "the end of the file after " + found);
    }
  }

  private void checkSum(String what, int stored, int computed) throws CorruptModelException {
    if (stored != computed) {
      throw refused(
          what,
          "bytes with checksum " + MaskedCrc32c.show(stored),
          "bytes with checksum " + MaskedCrc32c.show(computed));
    }
  }

  private CorruptModelException refused(String what, String expected, String found) {
    String where = "record " + (records + 1) + " at byte " + position + ", " + what;
    return new CorruptModelException(file, where, expected, found);
  }
}
