package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes one block of a table, whose layout {@link Block} describes.
 *
 * <p>Source: {@code tensorflow/core/lib/io/block_builder.cc}.
 */
final class BlockWriter {
  private final TableBytes block = new TableBytes();
  private final List<Integer> restarts = new ArrayList<>(List.of(0));
  private final int restartInterval;
  private int sinceRestart;
  private ByteString lastKey = ByteString.EMPTY;

  /**
   * @param restartInterval number of entries that share prefixes before one without a prefix
   */
  BlockWriter(int restartInterval) {
    this.restartInterval = restartInterval;
  }

  void add(ByteString key, ByteString value) {
    int shared = 0;
    if (sinceRestart < restartInterval) {
      shared = sharedPrefix(lastKey, key);
    } else {
      restarts.add(block.size());
      sinceRestart = 0;
    }
    block.varint(shared);
    block.varint(key.size() - shared);
    block.varint(value.size());
    block.bytes(key.substring(shared).toByteArray());
    block.bytes(value.toByteArray());
    lastKey = key;
    sinceRestart++;
  }

  boolean isEmpty() {
    return block.size() == 0;
  }

  /** The size of the block if it were finished now, in bytes. */
  int sizeEstimate() {
    return block.size() + (restarts.size() + 1) * Integer.BYTES;
  }

  byte[] finish() {
    restarts.forEach(block::fixed32);
    block.fixed32(restarts.size());
    return block.toByteArray();
  }

  static int sharedPrefix(ByteString left, ByteString right) {
    int most = Math.min(left.size(), right.size());
    int shared = 0;
    while (shared < most && left.byteAt(shared) == right.byteAt(shared)) {
      shared++;
    }
    return shared;
  }
}
