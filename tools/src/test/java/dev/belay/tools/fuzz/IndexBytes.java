package dev.belay.tools.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.belay.savedmodel.MaskedCrc32c;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The index of a checkpoint as a list of keys and values, taken apart and put together again with
 * every checksum right: so that what is broken in it is not found by a checksum.
 */
final class IndexBytes {
  private static final int FOOTER = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;

  private IndexBytes() {}

  record Entry(ByteString key, ByteString value) {}

  /** The entries of a sound index. */
  static List<Entry> entries(byte[] index) throws IOException {
    CodedInputStream footer = CodedInputStream.newInstance(index, index.length - FOOTER, FOOTER);
    footer.readRawVarint64();
    footer.readRawVarint64();
    int offset = (int) footer.readRawVarint64();
    int size = (int) footer.readRawVarint64();
    List<Entry> entries = new ArrayList<>();
    for (Entry block : block(index, offset, size)) {
      CodedInputStream handle = block.value().newCodedInput();
      int at = (int) handle.readRawVarint64();
      entries.addAll(block(index, at, (int) handle.readRawVarint64()));
    }
    return entries;
  }

  private static List<Entry> block(byte[] index, int offset, int size) throws IOException {
    int restarts =
        ByteBuffer.wrap(index).order(ByteOrder.LITTLE_ENDIAN).getInt(offset + size - Integer.BYTES);
    int end = size - (restarts + 1) * Integer.BYTES;
    CodedInputStream bytes = CodedInputStream.newInstance(index, offset, end);
    List<Entry> entries = new ArrayList<>();
    ByteString key = ByteString.EMPTY;
    while (!bytes.isAtEnd()) {
      int shared = bytes.readRawVarint32();
      int unshared = bytes.readRawVarint32();
      int length = bytes.readRawVarint32();
      key = key.substring(0, shared).concat(ByteString.copyFrom(bytes.readRawBytes(unshared)));
      entries.add(new Entry(key, ByteString.copyFrom(bytes.readRawBytes(length))));
    }
    return entries;
  }

  /** An index of these entries, in this order. */
  static byte[] of(List<Entry> entries) throws IOException {
    ByteArrayOutputStream table = new ByteArrayOutputStream();
    ByteString data = write(table, entries);
    ByteString meta = write(table, List.of());
    ByteString last = entries.isEmpty() ? ByteString.EMPTY : entries.get(entries.size() - 1).key();
    ByteString index = write(table, List.of(new Entry(last, data)));
    ByteBuffer footer = ByteBuffer.allocate(FOOTER).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(meta.toByteArray()).put(index.toByteArray());
    footer.putLong(FOOTER - Long.BYTES, MAGIC);
    table.write(footer.array());
    return table.toByteArray();
  }

  /** Returns the block's handle. */
  private static ByteString write(ByteArrayOutputStream table, List<Entry> entries)
      throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(block);
    for (Entry entry : entries) {
      out.writeUInt32NoTag(0);
      out.writeUInt32NoTag(entry.key().size());
      out.writeUInt32NoTag(entry.value().size());
      out.writeRawBytes(entry.key());
      out.writeRawBytes(entry.value());
    }
    out.writeFixed32NoTag(0);
    out.writeFixed32NoTag(1);
    out.flush();
    long offset = table.size();
    long size = block.size();
    block.write(0);
    table.write(block.toByteArray());
    table.write(fixed32(MaskedCrc32c.of(ByteBuffer.wrap(block.toByteArray()))));
    ByteArrayOutputStream handle = new ByteArrayOutputStream();
    CodedOutputStream numbers = CodedOutputStream.newInstance(handle);
    numbers.writeUInt64NoTag(offset);
    numbers.writeUInt64NoTag(size);
    numbers.flush();
    return ByteString.copyFrom(handle.toByteArray());
  }

  static byte[] fixed32(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}
