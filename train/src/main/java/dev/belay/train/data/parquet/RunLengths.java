package dev.belay.train.data.parquet;

import java.util.Arrays;

/** Decodes small numbers that are stored as runs of one number, and as packed bits. */
final class RunLengths {
  private RunLengths() {}

  /** Reads that many numbers of so many bits each. */
  static int[] read(Bytes bytes, int bits, int count) {
    if (bits < 0 || bits > Integer.SIZE) {
      throw new ParquetException("numbers of " + bits + " bits");
    }
    int[] values = new int[count];
    int done = 0;
    while (done < count && bits > 0) {
      long head = bytes.varint();
      long run = head >>> 1;
      if (run == 0) {
        throw new ParquetException("a run of no numbers");
      }
      if ((head & 1) == 0) {
        int value = bytes.fixed((bits + 7) / 8);
        int end = (int) Math.min(count, done + Math.min(run, count));
        Arrays.fill(values, done, end, value);
        done = end;
      } else {
        done = unpack(bytes, bits, Math.min(run, count), values, done);
      }
    }
    return values;
  }

  private static int unpack(Bytes bytes, int bits, long groups, int[] values, int start) {
    int done = start;
    for (long group = 0; group < groups && done < values.length; group++) {
      // The last group may be cut short where nothing follows.
      Bytes packed = bytes.slice(Math.min(bits, bytes.remaining()));
      long buffer = 0;
      int held = 0;
      for (int i = 0; i < 8 && done < values.length; i++) {
        while (held < bits) {
          buffer |= (long) packed.next() << held;
          held += 8;
        }
        values[done++] = (int) (buffer & ((1L << bits) - 1));
        buffer >>>= bits;
        held -= bits;
      }
    }
    return done;
  }
}
