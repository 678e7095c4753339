package dev.belay.tools.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** What happens to a file that nobody understands: flipped bits, cuts, splices. */
final class ByteMutation {
  private static final int LONGEST_INSERT = 64;

  private ByteMutation() {}

  /** The changed bytes and what was done to them. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Changed(byte[] bytes, String what) {}

  static Changed of(Dice dice, byte[] bytes) {
    if (bytes.length == 0) {
      return new Changed(dice.bytes(1 + dice.below(LONGEST_INSERT)), "bytes for an empty file");
    }
    int at = dice.below(bytes.length);
    int length = 1 + dice.below(Math.min(LONGEST_INSERT, bytes.length - at));
    return switch (dice.below(9)) {
      case 0, 1 -> flip(dice, bytes);
      case 2 -> new Changed(Arrays.copyOf(bytes, at), "cut at " + at);
      case 3 -> new Changed(splice(bytes, at, at, dice.bytes(length)), "inserted at " + at);
      case 4 -> new Changed(splice(bytes, at, at + length, new byte[0]), "removed at " + at);
      case 5 -> new Changed(splice(bytes, at, at + length, dice.bytes(length)), "noise at " + at);
      case 6 -> {
        byte[] high = new byte[length];
        Arrays.fill(high, (byte) 0xff);
        yield new Changed(splice(bytes, at, at + length, high), "0xff at " + at);
      }
      case 7 -> {
        int from = dice.below(bytes.length);
        byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 10 * length));
        yield new Changed(splice(bytes, at, at, part), "bytes of " + from + " again at " + at);
      }
      default -> {
        byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
        yield new Changed(longer, length + " zeros at the end");
      }
    };
  }

  /** Some bits. */
  static Changed flip(Dice dice, byte[] bytes) {
    byte[] flipped = bytes.clone();
    StringBuilder what = new StringBuilder("bits flipped at");
    for (int i = 0; i <= dice.below(3); i++) {
      int at = dice.below(bytes.length);
      flipped[at] ^= (byte) (1 << dice.below(Byte.SIZE));
      what.append(' ').append(at);
    }
    return new Changed(flipped, what.toString());
  }

  static byte[] splice(byte[] bytes, int from, int to, byte[] instead) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.write(instead, 0, instead.length);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }
}
