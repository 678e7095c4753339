package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The key under which a checkpoint stores one slice of a tensor: a zero, the tensor's name, its
 * rank and for each dimension start and length (0 and -1 where the slice takes it whole), each in a
 * code whose bytes sort as the values do.
 *
 * <p>Source: {@code checkpoint::EncodeTensorNameSlice} in {@code
 * tensorflow/core/util/saved_tensor_slice_util.cc}, {@code
 * tensorflow/core/lib/strings/ordered_code.cc}.
 */
final class OrderedCode {
  private static final int BITS_PER_BYTE = 8;
  private static final int MAX_SIGNED_BYTES = 10;

  /** Bits that one more byte adds to a signed number: one bit goes to the header. */
  private static final int SIGNED_BITS_PER_BYTE = 7;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private OrderedCode() {}

  static ByteString sliceKey(String name, TensorSlice slice) {
    OrderedCode code = new OrderedCode();
    code.number(0);
    code.string(name.getBytes(StandardCharsets.UTF_8));
    code.number(slice.extents().size());
    for (TensorSlice.Extent extent : slice.extents()) {
      code.signed(extent.start());
      code.signed(extent.length());
    }
    return ByteString.copyFrom(code.out.toByteArray());
  }

  /**
   * Returns whether a key is that of a slice: those start with the code of 0, names of tensors do
   * not.
   */
  static boolean isSliceKey(ByteString key) {
    return !key.isEmpty() && key.byteAt(0) == 0;
  }

  /** The count of bytes that follow, then the number, high byte first, without leading zeros. */
  private void number(long value) {
    int bytes = (Long.SIZE - Long.numberOfLeadingZeros(value) + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
    out.write(bytes);
    for (int i = bytes - 1; i >= 0; i--) {
      out.write((int) (value >>> (i * BITS_PER_BYTE)));
    }
  }

  /** The bytes with 00 as 00 ff and ff as ff 00, then 00 01. */
  private void string(byte[] bytes) {
    for (byte b : bytes) {
      out.write(b);
      if (b == 0) {
        out.write(0xff);
      } else if (b == (byte) 0xff) {
        out.write(0);
      }
    }
    out.write(0);
    out.write(1);
  }

  /**
   * A sign bit (1 for numbers from 0), one bit of the same value for each byte after the first, one
   * of the other value, then the number; for a negative number all bits are inverted.
   */
  private void signed(long value) {
    long magnitude = value < 0 ? ~value : value;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(magnitude);
    int length = bits / SIGNED_BITS_PER_BYTE + 1;
    byte[] code = new byte[MAX_SIGNED_BYTES];
    for (int i = 0; i < Long.BYTES; i++) {
      code[MAX_SIGNED_BYTES - 1 - i] = (byte) (magnitude >>> (i * BITS_PER_BYTE));
    }
    int first = MAX_SIGNED_BYTES - length;
    for (int bit = 0; bit < length; bit++) {
      code[first + bit / BITS_PER_BYTE] |= (byte) (0x80 >>> (bit % BITS_PER_BYTE));
    }
    for (int i = first; i < MAX_SIGNED_BYTES; i++) {
      out.write(value < 0 ? ~code[i] : code[i]);
    }
  }
}
