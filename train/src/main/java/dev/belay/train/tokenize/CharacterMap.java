package dev.belay.train.tokenize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Optional;

/**
 * The table with which sentencepiece normalises characters: four bytes with the size of a trie, the
 * trie as a double array of four-byte units (darts-clone), and the texts that its values point
 * into, each ended by a zero.
 *
 * <p>Native code walks the trie and cuts the texts without looking at bounds, so every walk that a
 * text could make is made here first.
 */
final class CharacterMap {
  /** Valid bytes of UTF-8. */
  private static final int MOST_BYTE = 0xf4;

  private static final int BITS_OF_LABEL = (1 << 31) | 0xff;

  private final ByteBuffer trie;
  private final int units;
  private final byte[] texts;

  private CharacterMap(ByteBuffer trie, byte[] texts) {
    this.trie = trie;
    this.units = trie.remaining() / Integer.BYTES;
    this.texts = texts;
  }

  /** Error of a table; empty if it is valid. */
  static Optional<String> defect(byte[] bytes) {
    ByteBuffer table = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < Integer.BYTES) {
      return Optional.of(bytes.length + " bytes");
    }
    long size = Integer.toUnsignedLong(table.getInt()) / Integer.BYTES * Integer.BYTES;
    if (size == 0 || size > table.remaining()) {
      return Optional.of("a trie of " + size + " bytes in " + bytes.length);
    }
    ByteBuffer trie =
        table.slice(Integer.BYTES, Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] texts = new byte[Math.toIntExact(table.remaining() - size)];
    table.get(Math.toIntExact(Integer.BYTES + size), texts);
    return isUtf8(texts) ? new CharacterMap(trie, texts).walk() : Optional.of("bad UTF-8");
  }

  private static boolean isUtf8(byte[] texts) {
    try {
      CharBuffer unused = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** Makes each step once that any text can lead to. */
  private Optional<String> walk() {
    BitSet seen = new BitSet();
    Deque<Integer> open = new ArrayDeque<>();
    open.push(offset(unit(0)));
    while (!open.isEmpty()) {
      int node = open.pop();
      for (int label = 1; label <= MOST_BYTE; label++) {
        int next = node ^ label;
        if (next >= units) {
          return Optional.of("a trie that leads to unit " + next + " of " + units);
        }
        if ((unit(next) & BITS_OF_LABEL) != label) {
          continue;
        }
        int child = next ^ offset(unit(next));
        if (child >= units) {
          return Optional.of("a trie that leads to unit " + child + " of " + units);
        }
        if (hasValue(unit(next)) && !isStart(unit(child) & Integer.MAX_VALUE)) {
          return Optional.of("a value that points at no text");
        }
        if (!seen.get(child)) {
          seen.set(child);
          open.push(child);
        }
      }
    }
    return Optional.empty();
  }

  private int unit(int index) {
    return trie.getInt(index * Integer.BYTES);
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  }

  private static boolean hasValue(int unit) {
    return (unit >>> 8 & 1) == 1;
  }

  /** Whether a character starts there, or all texts end. */
  private boolean isStart(int at) {
    return at == texts.length || (at < texts.length && (texts[at] & 0xc0) != 0x80);
  }
}
