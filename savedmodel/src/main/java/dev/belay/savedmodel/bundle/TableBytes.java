package dev.belay.savedmodel.bundle;

import java.io.ByteArrayOutputStream;

/** Buffer for the bytes, varints and little-endian numbers of a table. */
final class TableBytes {
  private static final int BITS_PER_BYTE = 8;
  private static final int VARINT_BITS = 7;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  void bytes(byte[] bytes) {
    out.writeBytes(bytes);
  }

  void varint(long value) {
    long rest = value;
    while (rest >>> VARINT_BITS != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= VARINT_BITS;
    }
    out.write((int) rest);
  }

  void fixed32(int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      out.write(value >>> (i * BITS_PER_BYTE));
    }
  }

  int size() {
    return out.size();
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
