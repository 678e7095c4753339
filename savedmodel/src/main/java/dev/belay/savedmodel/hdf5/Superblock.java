package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * First bytes of an HDF5 file, which hold its length: a truncated file is refused before anything
 * else is read.
 *
 * <p>Source: HDF5 File Format Specification, "Disk Format: Level 0A - Format Signature and
 * Superblock".
 */
final class Superblock {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final int VERSION_AT = SIGNATURE.length;
  private static final int NEWEST = 3;
  private static final int LONGEST = 64;

  private Superblock() {}

  static void check(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer bytes = ByteBuffer.allocate(LONGEST).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
      byte[] first = new byte[SIGNATURE.length];
      bytes.flip().get(0, first, 0, Math.min(first.length, bytes.limit()));
      if (!java.util.Arrays.equals(first, SIGNATURE)) {
        throw new CorruptModelException(
            file, "byte 0", "the signature of HDF5", java.util.HexFormat.of().formatHex(first));
      }
      if (bytes.limit() < LONGEST) {
        throw new CorruptModelException(
            file, "superblock", "at least " + LONGEST + " bytes", bytes.limit() + " bytes");
      }
      checkLength(file, bytes, channel.size());
    }
  }

  private static void checkLength(Path file, ByteBuffer bytes, long size)
      throws CorruptModelException {
    int version = bytes.get(VERSION_AT);
    if (version < 0 || version > NEWEST) {
      throw new CorruptModelException(
          file, "superblock, byte 8", "version 0 to " + NEWEST, "version " + version);
    }
    int offsetSizeAt = version < 2 ? 13 : 9;
    if (bytes.get(offsetSizeAt) != Long.BYTES) {
      throw new CorruptModelException(
          file,
          "superblock, byte " + offsetSizeAt,
          "offsets of 8 bytes",
          bytes.get(offsetSizeAt) + " bytes");
    }
    int endAt = version == 0 ? 40 : version == 1 ? 44 : 28;
    long end = bytes.getLong(endAt);
    if (end < 0 || end > size) {
      throw new CorruptModelException(
          file,
          "superblock, byte " + endAt,
          "an end of file within its " + size + " bytes",
          "byte " + Long.toUnsignedString(end));
    }
  }
}
