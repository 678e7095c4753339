package dev.belay.savedmodel.bundle;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.MaskedCrc32c;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a string tensor: a varint for the length of each element, the masked CRC of the
 * lengths, then the elements one after the other.
 *
 * <p>The CRC of the lengths takes each as a number of four bytes, eight from 2^32 on, not as its
 * varint. The CRC of the entry continues from it over its masked value and the elements.
 *
 * <p>Source: {@code WriteStringTensor} in {@code
 * tensorflow/core/util/tensor_bundle/tensor_bundle.cc}.
 */
final class StringTensor {
  private StringTensor() {}

  /**
   * Encoded form of a string tensor.
   *
   * @param head lengths and their checksum
   * @param size of head and elements, in bytes
   * @param checksum masked, of the entry
   */
  record Encoded(ByteBuffer head, long size, int checksum) {}

  static Encoded encode(List<byte[]> elements) {
    TableBytes lengths = new TableBytes();
    CRC32C crc = new CRC32C();
    long size = 0;
    for (byte[] element : elements) {
      lengths.varint(element.length);
      updateWithLength(crc, element.length);
      size += element.length;
    }
    int lengthsChecksum = MaskedCrc32c.mask(crc);
    lengths.fixed32(lengthsChecksum);
    crc.update(littleEndian(lengthsChecksum));
    elements.forEach(crc::update);
    byte[] head = lengths.toByteArray();
    return new Encoded(ByteBuffer.wrap(head), size + head.length, MaskedCrc32c.mask(crc));
  }

  /**
   * @param file the data file
   * @param what the entry, for messages
   * @param entry its entry in the index
   * @param bytes all bytes of the entry
   */
  static List<byte[]> decode(Path file, String what, BundleEntry entry, ByteBuffer bytes)
      throws CorruptModelException {
    long count = entry.spec().elements();
    if (bytes.remaining() == 0 && count == 0) {
      return List.of();
    }
    if (count > bytes.remaining()) {
      throw new CorruptModelException(
          file, what, count + " strings", "no more than " + bytes.remaining() + " bytes for them");
    }
    Cursor cursor = new Cursor(file, bytes, entry.place().offset());
    CRC32C crc = new CRC32C();
    int[] lengths = new int[(int) count];
    long total = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = cursor.length(what + " length of string " + i);
      updateWithLength(crc, lengths[i]);
      total += lengths[i];
    }
    int stored = cursor.fixed32(what + " checksum of the lengths");
    checkSum(file, what + " lengths", stored, MaskedCrc32c.mask(crc));
    if (total != cursor.remaining()) {
      throw new CorruptModelException(
          file, what, "strings of " + total + " bytes in all", cursor.remaining() + " bytes");
    }
    crc.update(littleEndian(stored));
    List<byte[]> elements = new ArrayList<>(lengths.length);
    for (int length : lengths) {
      byte[] element = cursor.take(length);
      crc.update(element);
      elements.add(element);
    }
    checkSum(file, what, entry.checksum(), MaskedCrc32c.mask(crc));
    return elements;
  }

  static void checkSum(Path file, String what, int stored, int computed)
      throws CorruptModelException {
    if (stored != computed) {
      throw new CorruptModelException(
          file,
          what,
          "bytes with checksum " + MaskedCrc32c.show(stored),
          "bytes with checksum " + MaskedCrc32c.show(computed));
    }
  }

  private static void updateWithLength(CRC32C crc, int length) {
    crc.update(littleEndian(length));
  }

  private static ByteBuffer littleEndian(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).flip();
  }
}
