package dev.belay.train.data.parquet;

import java.util.List;

/** Reads the pages of one column in one group of rows. */
final class ColumnReader {
  private static final int DATA_PAGE = 0;
  private static final int DICTIONARY_PAGE = 2;
  private static final int DATA_PAGE_2 = 3;

  private static final int PLAIN = 0;
  private static final int PLAIN_DICTIONARY = 2;
  private static final int RLE = 3;
  private static final int RLE_DICTIONARY = 8;

  private static final List<String> ENCODINGS =
      List.of(
          "PLAIN",
          "GROUP_VAR_INT",
          "PLAIN_DICTIONARY",
          "RLE",
          "BIT_PACKED",
          "DELTA_BINARY_PACKED",
          "DELTA_LENGTH_BYTE_ARRAY",
          "DELTA_BYTE_ARRAY",
          "RLE_DICTIONARY",
          "BYTE_STREAM_SPLIT");

  /** A page has a few thousand; beyond this the file is not what it says. */
  private static final int MAX_PAGE_VALUES = 1 << 26;

  private final Leaf leaf;
  private final Compression compression;
  private final Column column;
  private Values dictionary;

  ColumnReader(Leaf leaf, Compression compression, int rows) {
    this.leaf = leaf;
    this.compression = compression;
    this.column = new Column(leaf, rows);
  }

  /**
   * Reads all pages.
   *
   * @param count of values, nulls included
   */
  Column read(Bytes chunk, long count) {
    long seen = 0;
    while (seen < count) {
      ThriftReader.Struct header = new ThriftReader(chunk).read();
      Bytes page = chunk.slice(header.size(3));
      int size = header.size(2);
      switch ((int) header.number(1)) {
        case DATA_PAGE -> seen += first(header.struct(5), compression.decompress(page, size));
        case DICTIONARY_PAGE -> {
          dictionary = new Values(leaf);
          dictionary.addPlain(compression.decompress(page, size), values(header.struct(7).size(1)));
        }
        case DATA_PAGE_2 -> seen += second(header.struct(8), page, size);
        default -> {} // an index, which only helps to skip
      }
    }
    column.finish();
    return column;
  }

  private static int values(int count) {
    if (count > MAX_PAGE_VALUES) {
      throw new ParquetException("a page of " + count + " values");
    }
    return count;
  }

  /** A data page whose levels are compressed with its values. */
  private int first(ThriftReader.Struct header, Bytes page) {
    int count = values(header.size(1));
    int[] repetitions = levels(page, leaf.maxRepetition(), header.number(4), count);
    int[] definitions = levels(page, leaf.maxDefinition(), header.number(3), count);
    add(repetitions, definitions, count, (int) header.number(2), page);
    return count;
  }

  private static int[] levels(Bytes page, int most, long encoding, int count) {
    if (most == 0) {
      return new int[0];
    }
    if (encoding != RLE) {
      throw new ParquetException("levels encoded as " + name(encoding) + "; expected RLE");
    }
    return RunLengths.read(page.slice(page.fixed(Integer.BYTES)), bits(most), count);
  }

  /** A data page whose levels lie uncompressed before its values. */
  private int second(ThriftReader.Struct header, Bytes page, int size) {
    int count = values(header.size(1));
    Bytes repeated = page.slice(header.size(6));
    Bytes defined = page.slice(header.size(5));
    int levels = header.size(5) + header.size(6);
    Bytes rest =
        header.truth(7, true) && compression != Compression.UNCOMPRESSED && size > levels
            ? compression.decompress(page, size - levels)
            : page;
    int[] repetitions =
        leaf.maxRepetition() == 0
            ? new int[0]
            : RunLengths.read(repeated, bits(leaf.maxRepetition()), count);
    int[] definitions =
        leaf.maxDefinition() == 0
            ? new int[0]
            : RunLengths.read(defined, bits(leaf.maxDefinition()), count);
    add(repetitions, definitions, count, (int) header.number(4), rest);
    return count;
  }

  private static int bits(int most) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(most);
  }

  private void add(int[] repetitions, int[] definitions, int count, int encoding, Bytes page) {
    int present = leaf.maxDefinition() == 0 ? count : 0;
    for (int definition : definitions) {
      present += definition == leaf.maxDefinition() ? 1 : 0;
    }
    Values values = column.values();
    int first = values.size();
    if (encoding == PLAIN) {
      values.addPlain(page, present);
    } else if (encoding == RLE && leaf.type() == Leaf.Type.BOOLEAN) {
      values.addRuns(page, present);
    } else if (encoding == RLE_DICTIONARY || encoding == PLAIN_DICTIONARY) {
      if (dictionary == null) {
        throw new ParquetException("a page refers to a dictionary that is missing");
      }
      values.addIndexed(page, present, dictionary);
    } else {
      throw new ParquetException(
          "values encoded as " + name(encoding) + "; expected PLAIN or RLE_DICTIONARY");
    }
    column.add(repetitions, definitions, count, first);
  }

  private static String name(long encoding) {
    return encoding >= 0 && encoding < ENCODINGS.size()
        ? ENCODINGS.get((int) encoding)
        : "number " + encoding;
  }
}
