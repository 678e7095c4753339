package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.MaskedCrc32c;
import java.nio.ByteBuffer;

/**
 * Writes a sorted string table as TensorFlow lays it out, byte for byte: blocks of 256 KB, no
 * compression, separators as short as the keys allow.
 *
 * <p>Source: {@code tensorflow/core/lib/io/table_builder.cc}.
 */
final class TableWriter {
  private static final int BLOCK_BYTES = 1 << 18;
  private static final int RESTART_INTERVAL = 16;

  private final TableBytes table = new TableBytes();
  private final BlockWriter index = new BlockWriter(1);
  private BlockWriter data = new BlockWriter(RESTART_INTERVAL);
  private ByteString lastKey = ByteString.EMPTY;

  /**
   * The block whose index entry waits for the first key of the next block, since its key separates
   * the two.
   */
  private BlockHandle pending;

  void add(ByteString key, ByteString value) {
    if (key.size() + value.size() >= 2 * BLOCK_BYTES) {
      flush();
    }
    if (pending != null) {
      addToIndex(separator(lastKey, key));
    }
    lastKey = key;
    data.add(key, value);
    if (data.sizeEstimate() >= BLOCK_BYTES) {
      flush();
    }
  }

  byte[] finish() {
    flush();
    BlockHandle metaindex = write(new BlockWriter(RESTART_INTERVAL));
    if (pending != null) {
      addToIndex(successor(lastKey));
    }
    new Footer(metaindex, write(index)).write(table);
    return table.toByteArray();
  }

  private void flush() {
    if (!data.isEmpty()) {
      pending = write(data);
      data = new BlockWriter(RESTART_INTERVAL);
    }
  }

  private void addToIndex(ByteString separator) {
    TableBytes handle = new TableBytes();
    pending.write(handle);
    index.add(separator, ByteString.copyFrom(handle.toByteArray()));
    pending = null;
  }

  private BlockHandle write(BlockWriter block) {
    byte[] contents = block.finish();
    BlockHandle handle = new BlockHandle(table.size(), contents.length);
    byte[] withType = new byte[contents.length + 1];
    System.arraycopy(contents, 0, withType, 0, contents.length);
    withType[contents.length] = Block.NO_COMPRESSION;
    table.bytes(withType);
    table.fixed32(MaskedCrc32c.of(ByteBuffer.wrap(withType)));
    return handle;
  }

  /** A short key from {@code last} on and before {@code next}. */
  private static ByteString separator(ByteString last, ByteString next) {
    int shared = BlockWriter.sharedPrefix(last, next);
    if (shared < last.size() && shared < next.size()) {
      int differing = last.byteAt(shared) & 0xff;
      if (differing + 1 < (next.byteAt(shared) & 0xff)) {
        return incremented(last, shared);
      }
    }
    return last;
  }

  /** A short key after {@code last}. */
  private static ByteString successor(ByteString last) {
    for (int i = 0; i < last.size(); i++) {
      if (last.byteAt(i) != (byte) 0xff) {
        return incremented(last, i);
      }
    }
    return last;
  }

  private static ByteString incremented(ByteString key, int at) {
    byte[] bytes = key.substring(0, at + 1).toByteArray();
    bytes[at]++;
    return ByteString.copyFrom(bytes);
  }
}
