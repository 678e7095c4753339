package dev.belay.savedmodel.bundle;

import dev.belay.savedmodel.CorruptModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * The last 48 bytes of a table: two block handles, zeros up to byte 40, and a magic number.
 *
 * @param metaindex the block that would list filters; TensorFlow writes an empty one
 * @param index the block that lists the data blocks
 */
record Footer(BlockHandle metaindex, BlockHandle index) {
  static final int BYTES = 48;
  private static final int HANDLES_BYTES = 40;
  private static final long MAGIC = 0xdb4775248b80fb57L;

  static Footer read(Path file, ByteBuffer bytes) throws CorruptModelException {
    int at = bytes.limit() - BYTES;
    if (at < 0) {
      throw new CorruptModelException(
          file, "length", "a table of at least " + BYTES + " bytes", bytes.limit() + " bytes");
    }
    long magic = bytes.getLong(at + HANDLES_BYTES);
    if (magic != MAGIC) {
      throw new CorruptModelException(
          file,
          "byte " + (at + HANDLES_BYTES) + ", magic number of the table",
          Long.toHexString(MAGIC),
          Long.toHexString(magic));
    }
    Cursor cursor = new Cursor(file, bytes.slice(at, HANDLES_BYTES), at);
    BlockHandle metaindex = BlockHandle.read(cursor, "metaindex block's");
    return new Footer(metaindex, BlockHandle.read(cursor, "index block's"));
  }

  void write(TableBytes out) {
    ByteBuffer footer = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    TableBytes handles = new TableBytes();
    metaindex.write(handles);
    index.write(handles);
    footer.put(handles.toByteArray()).putLong(HANDLES_BYTES, MAGIC);
    out.bytes(footer.array());
  }
}
