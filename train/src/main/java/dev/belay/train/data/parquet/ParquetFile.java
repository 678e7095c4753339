package dev.belay.train.data.parquet;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Owns an open Parquet file and reads it group by group, as pyarrow, pandas and Hugging Face write
 * it. Every method throws {@link ParquetException} for a file that cannot be read.
 */
public final class ParquetFile implements Closeable {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int TAIL_BYTES = Integer.BYTES + MAGIC.length;

  /** A footer has kilobytes. */
  private static final int MAX_FOOTER_BYTES = 1 << 28;

  /** A group has thousands, at most a few million. */
  private static final int MAX_ROWS = 1 << 26;

  private final FileChannel channel;
  private final List<ThriftReader.Struct> groups;
  private final List<Field> fields;
  private final ThriftReader.Struct footer;

  /** Opens a file. */
  public ParquetFile(Path file) throws IOException {
    this.channel = FileChannel.open(file);
    try {
      this.footer = new ThriftReader(footer()).read();
      this.groups = footer.structs(4);
      this.fields = Schema.fields(footer.structs(2));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private Bytes footer() throws IOException {
    long size = channel.size();
    if (size < MAGIC.length + TAIL_BYTES) {
      throw new ParquetException("the file has only " + size + " bytes");
    }
    Bytes tail = new Bytes(read(size - TAIL_BYTES, TAIL_BYTES));
    int length = tail.fixed(Integer.BYTES);
    if (!Arrays.equals(tail.take(MAGIC.length), MAGIC)) {
      throw new ParquetException("the file does not end with PAR1; is it whole, and unencrypted?");
    }
    if (length < 0 || length > MAX_FOOTER_BYTES || length > size - TAIL_BYTES) {
      throw new ParquetException("a footer of " + length + " bytes");
    }
    return new Bytes(read(size - TAIL_BYTES - length, length));
  }

  private byte[] read(long position, int count) throws IOException {
    byte[] bytes = new byte[count];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new ParquetException("the file ends too early");
      }
    }
    return bytes;
  }

  /** Names of the columns. */
  public List<String> names() {
    return fields.stream().map(Field::name).toList();
  }

  /** What a column holds that cannot be read, for messages; empty if it can. */
  public Optional<String> unreadable(int column) {
    Field field = fields.get(column);
    return field.leaf().isPresent() ? Optional.empty() : Optional.of(field.otherwise());
  }

  /** How many groups of rows there are. */
  public int groups() {
    return groups.size();
  }

  /** How many rows a group has. */
  public int rows(int group) {
    int rows = groups.get(group).size(3);
    if (rows > MAX_ROWS) {
      throw new ParquetException("a group of " + rows + " rows; write smaller ones");
    }
    return rows;
  }

  /** What Hugging Face's datasets say of the columns, as JSON. */
  public Optional<String> huggingFace() {
    return footer.structs(5).stream()
        .filter(entry -> entry.text(1).equals("huggingface") && entry.has(2))
        .map(entry -> entry.text(2))
        .findFirst();
  }

  /** Reads a column that can be read. */
  public Column read(int group, int column) throws IOException {
    Leaf leaf = fields.get(column).leaf().orElseThrow();
    List<ThriftReader.Struct> chunks = groups.get(group).structs(1);
    if (leaf.chunk() >= chunks.size()) {
      throw new ParquetException("a group of rows lacks the column " + fields.get(column).name());
    }
    if (chunks.get(leaf.chunk()).has(1)) {
      throw new ParquetException("its columns lie in other files");
    }
    ThriftReader.Struct chunk = chunks.get(leaf.chunk()).struct(3);
    long data = chunk.number(9);
    long dictionary = chunk.number(11, 0);
    long start = dictionary > 0 && dictionary < data ? dictionary : data;
    int length = chunk.size(7);
    if (start < 0 || length > channel.size() - start) {
      throw new ParquetException("a column reaches beyond the end of the file");
    }
    if (rows(group) > chunk.number(5)) {
      throw new ParquetException("a column with fewer values than rows");
    }
    return new ColumnReader(leaf, Compression.of(chunk.number(4)), rows(group))
        .read(new Bytes(read(start, length)), chunk.number(5));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
