package dev.belay.savedmodel.record;

import dev.belay.savedmodel.MaskedCrc32c;
import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes TFRecord files, the format of TensorBoard's event files too. A record is written whole or,
 * if the disk fails, cut at the end of the file, where readers notice.
 *
 * <p>It owns the open file: close it.
 */
public final class RecordWriter implements Closeable, Flushable {
  private final FileChannel channel;

  private RecordWriter(FileChannel channel) {
    this.channel = channel;
  }

  /** Begins a file that does not exist. */
  public static RecordWriter create(Path file) throws IOException {
    return new RecordWriter(
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /** Writes one record; other processes see it when this returns. */
  public void write(byte[] data) throws IOException {
    ByteBuffer record =
        ByteBuffer.allocate(RecordReader.HEADER_BYTES + data.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(MaskedCrc32c.of(record.duplicate().flip()));
    record.put(data).putInt(MaskedCrc32c.of(ByteBuffer.wrap(data))).flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  /** Syncs the file to disk. */
  @Override
  public void flush() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
