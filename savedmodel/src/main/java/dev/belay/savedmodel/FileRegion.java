package dev.belay.savedmodel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Range of bytes in a file. The caller has validated that the file is long enough; a file that was
 * shortened since then is refused.
 *
 * @param file the file
 * @param where what the range holds, for messages: "entry 'bert/pooler/dense/kernel'"
 * @param offset of the first byte
 * @param size in bytes, at most {@link Integer#MAX_VALUE}
 */
public record FileRegion(Path file, String where, long offset, long size) {
  /** Size from which a region is mapped; for a smaller one a copy is cheaper than a mapping. */
  private static final int MAPPED_FROM_BYTES = 1 << 20;

  /**
   * The bytes, little-endian. A large region is mapped, not copied: its file must not be shortened
   * while the buffer is in use.
   *
   * @throws CorruptModelException if the file ends before the region does
   */
  public ByteBuffer read() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (size >= MAPPED_FROM_BYTES && size <= channel.size() - offset) {
        return channel
            .map(FileChannel.MapMode.READ_ONLY, offset, size)
            .order(ByteOrder.LITTLE_ENDIAN);
      }
      requireWithin(channel.size());
      ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
      fill(channel, 0, bytes);
      return bytes.flip();
    }
  }

  /**
   * Fills a buffer from an open channel of the file.
   *
   * @param from the first byte wanted, counted from the region's first
   * @throws CorruptModelException if the file ends before the buffer is full
   */
  public void fill(FileChannel channel, long from, ByteBuffer buffer) throws IOException {
    long at = offset + from;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw new CorruptModelException(
            file, where, buffer.remaining() + " more bytes at " + at, "the end of the file");
      }
      at += read;
    }
  }

  /** Allocates nothing for missing bytes. */
  private void requireWithin(long fileSize) throws CorruptModelException {
    if (size > fileSize - offset) {
      throw new CorruptModelException(
          file, where, size + " bytes at " + offset, "a file of " + fileSize + " bytes");
    }
  }
}
