package dev.belay.train.data.parquet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A piece of a file that is read from its front to its end. */
final class Bytes {
  private final byte[] array;
  private final int end;
  private int position;

  Bytes(byte[] array) {
    this(array, 0, array.length);
  }

  private Bytes(byte[] array, int position, int end) {
    this.array = array;
    this.position = position;
    this.end = end;
  }

  int remaining() {
    return end - position;
  }

  int next() {
    require(1);
    return array[position++] & 0xFF;
  }

  byte[] take(int count) {
    require(count);
    position += count;
    return Arrays.copyOfRange(array, position - count, position);
  }

  /** The next bytes, uncopied, to be read on their own. */
  Bytes slice(int count) {
    require(count);
    position += count;
    return new Bytes(array, position - count, position);
  }

  /** The next bytes as numbers. */
  ByteBuffer little(int count) {
    require(count);
    ByteBuffer buffer = ByteBuffer.wrap(array, position, count).order(ByteOrder.LITTLE_ENDIAN);
    position += count;
    return buffer;
  }

  /** A little-endian number of up to four bytes. */
  int fixed(int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      value |= next() << (8 * i);
    }
    return value;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = next();
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new ParquetException("a number of more than 64 bits");
  }

  /** A number of bytes or elements. */
  int count() {
    long count = varint();
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw new ParquetException("a length of " + Long.toUnsignedString(count));
    }
    return (int) count;
  }

  private void require(int count) {
    if (count < 0 || count > remaining()) {
      throw new ParquetException(
          "the data end too early: " + count + " bytes are asked for, " + remaining() + " left");
    }
  }
}
