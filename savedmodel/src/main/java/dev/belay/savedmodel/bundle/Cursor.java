package dev.belay.savedmodel.bundle;

import dev.belay.savedmodel.CorruptModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Reads through the bytes of a file; missing or invalid bytes are refused with their position. */
final class Cursor {
  private static final int MAX_VARINT64_BYTES = 10;
  private static final int BITS_PER_BYTE = 7;

  private final Path file;
  private final ByteBuffer bytes;
  private final long start;

  /**
   * @param file where the bytes come from
   * @param bytes from position to limit
   * @param start offset in the file of the first of them
   */
  Cursor(Path file, ByteBuffer bytes, long start) {
    this.file = file;
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.start = start;
  }

  int position() {
    return bytes.position();
  }

  int remaining() {
    return bytes.remaining();
  }

  /** Seven bits a byte, low ones first; the last byte has no high bit. May use all 64 bits. */
  long varint64(String what) throws CorruptModelException {
    int from = bytes.position();
    long value = 0;
    for (int i = 0; i < MAX_VARINT64_BYTES; i++) {
      if (!bytes.hasRemaining()) {
        throw refused(from, what, "a varint", "the end of the bytes");
      }
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << (i * BITS_PER_BYTE);
      boolean overflow = i == MAX_VARINT64_BYTES - 1 && next > 1;
      if (next >= 0 && !overflow) {
        return value;
      }
    }
    throw refused(from, what, "a varint of at most 64 bits", "a longer one");
  }

  /** A varint that counts bytes which must follow. */
  int length(String what) throws CorruptModelException {
    int from = bytes.position();
    long value = varint64(what);
    if (value < 0 || value > bytes.remaining()) {
      throw refused(
          from, what, "at most " + bytes.remaining() + " bytes", Long.toUnsignedString(value));
    }
    return (int) value;
  }

  /** A varint of at most 31 bits. */
  int varint31(String what) throws CorruptModelException {
    int from = bytes.position();
    long value = varint64(what);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw refused(from, what, "at most 2^31 - 1", Long.toUnsignedString(value));
    }
    return (int) value;
  }

  int fixed32(String what) throws CorruptModelException {
    if (bytes.remaining() < Integer.BYTES) {
      throw refused(bytes.position(), what, "4 bytes", bytes.remaining() + " bytes");
    }
    return bytes.getInt();
  }

  /** Takes {@code length} bytes, which must be there. */
  byte[] take(int length) {
    byte[] taken = new byte[length];
    bytes.get(taken);
    return taken;
  }

  /** Takes {@code length} bytes, which must be there, without copying them. */
  ByteBuffer view(int length) {
    ByteBuffer view = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    return view;
  }

  CorruptModelException refused(int at, String what, String expected, String found) {
    return new CorruptModelException(file, "byte " + (start + at) + ", " + what, expected, found);
  }
}
