package dev.belay.train.data.parquet;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing row of values of one kind. */
final class Values {
  private final Leaf leaf;
  private long[] integers = {};
  private double[] decimals = {};
  private String[] texts = {};
  private int size;

  Values(Leaf leaf) {
    this.leaf = leaf;
  }

  int size() {
    return size;
  }

  long[] integers(int from, int to) {
    return Arrays.copyOfRange(integers, from, to);
  }

  double[] decimals(int from, int to) {
    return Arrays.copyOfRange(decimals, from, to);
  }

  String[] texts(int from, int to) {
    return Arrays.copyOfRange(texts, from, to);
  }

  private void grow(int count) {
    int needed = Math.addExact(size, count);
    switch (leaf.kind()) {
      case TRUTH, INTEGER -> {
        integers = needed <= integers.length ? integers : Arrays.copyOf(integers, room(needed));
      }
      case DECIMAL -> {
        decimals = needed <= decimals.length ? decimals : Arrays.copyOf(decimals, room(needed));
      }
      case TEXT -> texts = needed <= texts.length ? texts : Arrays.copyOf(texts, room(needed));
    }
  }

  private int room(int needed) {
    return (int) Math.min(Math.max(needed, size * 3L / 2), Integer.MAX_VALUE - 8);
  }

  /** Adds values as they are stored one behind the other. */
  void addPlain(Bytes bytes, int count) {
    if (count > 8L * bytes.remaining()) {
      throw new ParquetException(count + " values in a page of " + bytes.remaining() + " bytes");
    }
    grow(count);
    switch (leaf.type()) {
      case BOOLEAN -> addBits(bytes, count);
      case INT32, UINT32 -> addWords(bytes.little(count * Integer.BYTES), count);
      case INT64 -> bytes.little(count * Long.BYTES).asLongBuffer().get(integers, size, count);
      case FLOAT -> addFloats(bytes.little(count * Float.BYTES), count);
      case DOUBLE -> {
        bytes.little(count * Double.BYTES).asDoubleBuffer().get(decimals, size, count);
      }
      case BYTES -> addTexts(bytes, count);
    }
    size += count;
  }

  private void addBits(Bytes bytes, int count) {
    int held = 0;
    for (int i = 0; i < count; i++) {
      held = i % 8 == 0 ? bytes.next() : held;
      integers[size + i] = (held >> (i % 8)) & 1;
    }
  }

  private void addWords(ByteBuffer words, int count) {
    boolean unsigned = leaf.type() == Leaf.Type.UINT32;
    for (int i = 0; i < count; i++) {
      int word = words.getInt();
      integers[size + i] = unsigned ? Integer.toUnsignedLong(word) : word;
    }
  }

  private void addFloats(ByteBuffer floats, int count) {
    for (int i = 0; i < count; i++) {
      decimals[size + i] = floats.getFloat();
    }
  }

  private void addTexts(Bytes bytes, int count) {
    for (int i = 0; i < count; i++) {
      ByteBuffer text = bytes.little(bytes.fixed(Integer.BYTES));
      try {
        texts[size + i] = StandardCharsets.UTF_8.newDecoder().decode(text).toString();
      } catch (CharacterCodingException e) {
        throw new ParquetException("a string that is not UTF-8");
      }
    }
  }

  /** Adds truth values that are stored as runs. */
  void addRuns(Bytes bytes, int count) {
    grow(count);
    int[] bits = RunLengths.read(bytes.slice(bytes.fixed(Integer.BYTES)), 1, count);
    for (int bit : bits) {
      integers[size++] = bit;
    }
  }

  /** Adds values that are stored as places in a dictionary. */
  void addIndexed(Bytes bytes, int count, Values dictionary) {
    if (count == 0) {
      return;
    }
    grow(count);
    for (int index : RunLengths.read(bytes, bytes.next(), count)) {
      if (index < 0 || index >= dictionary.size) {
        throw new ParquetException(
            "value " + index + " of a dictionary of " + dictionary.size + " values");
      }
      switch (leaf.kind()) {
        case TRUTH, INTEGER -> integers[size++] = dictionary.integers[index];
        case DECIMAL -> decimals[size++] = dictionary.decimals[index];
        case TEXT -> texts[size++] = dictionary.texts[index];
      }
    }
  }
}
