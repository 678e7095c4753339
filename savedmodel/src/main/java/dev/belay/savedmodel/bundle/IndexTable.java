package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads a sorted string table, the format of a checkpoint's {@code .index} file: data blocks, a
 * metaindex block, an index block with one entry for each data block, a footer.
 *
 * <p>Source: {@code tensorflow/core/lib/io/table.cc}.
 */
final class IndexTable {
  static final Comparator<ByteString> KEY_ORDER = ByteString.unsignedLexicographicalComparator();
  private static final int MAX_SHOWN = 200;

  private IndexTable() {}

  /** All entries of a table, with strictly rising keys. */
  static List<Block.Entry> read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > Integer.MAX_VALUE - Long.BYTES) {
      throw new CorruptModelException(file, "length", "an index of at most 2 GB", size + " bytes");
    }
    ByteBuffer table = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    Footer footer = Footer.read(file, table);
    int end = table.limit() - Footer.BYTES;
    List<Block.Entry> all = new ArrayList<>();
    if (!Block.read(file, table, footer.metaindex(), end).entries().isEmpty()) {
      throw new CorruptModelException(file, "metaindex block", "no entry", "some");
    }
    ByteString separator = null;
    for (Block.Entry block : Block.read(file, table, footer.index(), end).entries()) {
      Cursor cursor = new Cursor(file, block.value().asReadOnlyByteBuffer(), 0);
      BlockHandle handle = BlockHandle.read(cursor, "data block's");
      for (Block.Entry entry : Block.read(file, table, handle, end).entries()) {
        ByteString last = all.isEmpty() ? null : all.get(all.size() - 1).key();
        checkRising(file, last, entry.key(), separator);
        all.add(entry);
      }
      separator = block.key();
      if (!all.isEmpty() && KEY_ORDER.compare(all.get(all.size() - 1).key(), separator) > 0) {
        throw new CorruptModelException(
            file,
            "index block",
            "a key not before " + show(all.get(all.size() - 1).key()),
            show(separator));
      }
    }
    return all;
  }

  private static void checkRising(Path file, ByteString last, ByteString key, ByteString separator)
      throws CorruptModelException {
    if (last != null && KEY_ORDER.compare(last, key) >= 0) {
      throw new CorruptModelException(
          file, "entry after " + show(last), "a key after it", show(key));
    }
    if (separator != null && KEY_ORDER.compare(separator, key) >= 0) {
      throw new CorruptModelException(
          file, "entry " + show(key), "a key after its block's separator", show(separator));
    }
  }

  /** A key as error messages show it: quoted, escaped, and not endless. */
  static String show(ByteString key) {
    ByteString start = key.size() > MAX_SHOWN ? key.substring(0, MAX_SHOWN) : key;
    return "'" + TextFormat.escapeBytes(start) + (key.size() > MAX_SHOWN ? "..." : "") + "'";
  }
}
