package dev.belay.savedmodel.bundle;

import dev.belay.savedmodel.CorruptModelException;

/**
 * Position of a block in a table file: two varints.
 *
 * @param offset of its first byte
 * @param size without the trailer
 */
record BlockHandle(long offset, long size) {

  static BlockHandle read(Cursor cursor, String what) throws CorruptModelException {
    long offset = cursor.varint64(what + " offset");
    long size = cursor.varint64(what + " size");
    return new BlockHandle(offset, size);
  }

  /** Returns whether the block and its trailer lie before {@code end}; the numbers are unsigned. */
  boolean fitsBefore(long end) {
    return offset >= 0
        && size >= 0
        && offset <= end
        && size <= end - offset
        && Block.TRAILER_BYTES <= end - offset - size;
  }

  void write(TableBytes out) {
    out.varint(offset);
    out.varint(size);
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(offset) + " + " + Long.toUnsignedString(size);
  }
}
