package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.MaskedCrc32c;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A block of a table: entries in which a key leaves out what it shares with the key before it, then
 * the offsets of the entries that share nothing ("restarts"), their count, one byte for the
 * compression and the masked CRC of all that.
 *
 * <p>Source: {@code tensorflow/core/lib/io/block.cc}.
 */
final class Block {
  static final int TRAILER_BYTES = 5;
  static final byte NO_COMPRESSION = 0;
  private static final byte SNAPPY = 1;

  /** Limit for the expanded keys: with prefix compression few bytes can encode long keys. */
  private static final long MAX_KEY_BYTES = 1L << 28;

  record Entry(ByteString key, ByteString value) {}

  private final Path file;
  private final long offset;
  private final ByteBuffer entries;
  private final int[] restarts;

  private Block(Path file, long offset, ByteBuffer entries, int[] restarts) {
    this.file = file;
    this.offset = offset;
    this.entries = entries;
    this.restarts = restarts;
  }

  /** The block at {@code handle} of a table whose blocks end at {@code end}. */
  static Block read(Path file, ByteBuffer table, BlockHandle handle, int end)
      throws CorruptModelException {
    String where = "block at byte " + Long.toUnsignedString(handle.offset());
    if (!handle.fitsBefore(end)) {
      throw new CorruptModelException(
          file, where, "a block within the first " + end + " bytes", handle.toString());
    }
    int offset = (int) handle.offset();
    int size = (int) handle.size();
    int stored = table.getInt(offset + size + 1);
    int computed = MaskedCrc32c.of(table.slice(offset, size + 1));
    if (stored != computed) {
      throw new CorruptModelException(
          file,
          where,
          "checksum " + MaskedCrc32c.show(stored),
          "bytes with checksum " + MaskedCrc32c.show(computed));
    }
    byte compression = table.get(offset + size);
    if (compression != NO_COMPRESSION) {
      String found =
          compression == SNAPPY
              ? "Snappy, which TensorFlow does not write: save the checkpoint again"
              : "compression " + compression;
      throw new CorruptModelException(file, where, "no compression", found);
    }
    ByteBuffer contents = table.slice(offset, size).order(ByteOrder.LITTLE_ENDIAN);
    return withRestarts(file, where, offset, contents);
  }

  private static Block withRestarts(Path file, String where, long offset, ByteBuffer contents)
      throws CorruptModelException {
    int size = contents.limit();
    if (size < 2 * Integer.BYTES) {
      throw new CorruptModelException(file, where, "a block of 8 bytes or more", size + " bytes");
    }
    int most = size / Integer.BYTES - 1;
    int count = contents.getInt(size - Integer.BYTES);
    if (count < 1 || count > most) {
      throw new CorruptModelException(
          file, where, "1 to " + most + " restarts", Integer.toUnsignedString(count));
    }
    int at = size - (count + 1) * Integer.BYTES;
    int[] restarts = new int[count];
    for (int i = 0; i < count; i++) {
      restarts[i] = contents.getInt(at + i * Integer.BYTES);
    }
    return new Block(file, offset, contents.slice(0, at), restarts);
  }

  /** All entries, in the order of the block. */
  List<Entry> entries() throws CorruptModelException {
    List<Entry> all = new ArrayList<>();
    Cursor cursor = new Cursor(file, entries, offset);
    byte[] key = {};
    long keyBytes = 0;
    int restart = 0;
    while (cursor.remaining() > 0) {
      int at = cursor.position();
      boolean restarts = restart < this.restarts.length && this.restarts[restart] == at;
      int shared = cursor.varint31("shared length of a key");
      int most = restarts ? 0 : key.length;
      if (shared > most) {
        throw cursor.refused(
            at, "shared length of a key", "at most " + most + " bytes", shared + " bytes");
      }
      int unshared = cursor.length("length of a key");
      int valueLength = cursor.length("length of a value");
      if ((long) unshared + valueLength > cursor.remaining()) {
        throw cursor.refused(
            at,
            "length of a key and its value",
            "at most " + cursor.remaining() + " bytes",
            unshared + " + " + valueLength + " bytes");
      }
      key = Arrays.copyOf(key, Math.addExact(shared, unshared));
      System.arraycopy(cursor.take(unshared), 0, key, shared, unshared);
      keyBytes += key.length;
      if (keyBytes > MAX_KEY_BYTES) {
        throw cursor.refused(at, "keys", "at most " + MAX_KEY_BYTES + " bytes in all", "more");
      }
      all.add(new Entry(ByteString.copyFrom(key), ByteString.copyFrom(cursor.view(valueLength))));
      restart += restarts ? 1 : 0;
    }
    checkAllRestartsSeen(restart, all.isEmpty());
    return all;
  }

  private void checkAllRestartsSeen(int seen, boolean empty) throws CorruptModelException {
    boolean emptyBlock = empty && restarts.length == 1 && restarts[0] == 0;
    if (seen != restarts.length && !emptyBlock) {
      throw new CorruptModelException(
          file,
          "block at byte " + offset,
          "restarts at entries, in order",
          "restart " + seen + " at " + Integer.toUnsignedString(restarts[seen]));
    }
  }
}
