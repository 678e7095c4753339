package dev.belay.savedmodel;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The checksum of checkpoints and record files: CRC-32C, rotated by 15 bits and increased by a
 * constant, so that the checksum of bytes that contain checksums remains sound.
 *
 * <p>Source: the record format of LevelDB, {@code tensorflow/core/lib/hash/crc32c.h}.
 */
public final class MaskedCrc32c {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int ROTATION = 15;

  private MaskedCrc32c() {}

  /** The masked checksum of what remains in {@code data}, whose position does not change. */
  public static int of(ByteBuffer data) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    return mask(crc);
  }

  /** The masked value of a checksum gathered so far. */
  public static int mask(CRC32C crc) {
    return Integer.rotateRight((int) crc.getValue(), ROTATION) + MASK_DELTA;
  }

  /** A checksum as error messages show it: eight hexadecimal digits. */
  public static String show(int masked) {
    return String.format("%08x", masked);
  }
}
