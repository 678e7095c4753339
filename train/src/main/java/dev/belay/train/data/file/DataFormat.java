package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Formats of data files, selected by the extension of the name. */
@SuppressWarnings("ImmutableEnumChecker") // the lists are immutable ones
public enum DataFormat {
  /** Columns divided by tabs, a header, no quotes. */
  TSV("tsv"),
  /** RFC 4180: a header, fields that may be quoted. */
  CSV("csv"),
  /** One text per line, no header. */
  TXT("txt"),
  /** One JSON object per line. */
  JSONL("jsonl", "ndjson", "jsonlines"),
  /** A list of JSON objects, alone or as {@code data} of an object, or objects. */
  JSON("json"),
  /** A line for each word with its tag, an empty line between sentences. */
  CONLL("conll", "bio", "iob"),
  /** tf.train.Example records. */
  TFRECORD("tfrecord", "tf_record", "tfrecords"),
  /** Columns with types, in groups of rows. */
  PARQUET("parquet");

  /** The supported extensions, for messages. */
  static final String EXPECTED = ".tsv, .csv, .jsonl, .json, .txt, .conll, .tfrecord or .parquet";

  private final List<String> endings;

  DataFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /**
   * The format of a file by its name, with or without {@code .gz} behind it.
   *
   * @throws DataException if the ending is none that Belay reads
   */
  public static DataFormat of(Path file) {
    String name = fileName(file);
    String plain = isGzip(file) ? name.substring(0, name.length() - ".gz".length()) : name;
    String ending = plain.substring(plain.lastIndexOf('.') + 1);
    for (DataFormat format : values()) {
      if (format.endings.contains(ending)) {
        return format;
      }
    }
    if (plain.endsWith(".tfrecord.zlib") || plain.endsWith(".tf_record.zlib")) {
      return TFRECORD;
    }
    throw new DataException(
        file + ": the name does not say the format; expected " + EXPECTED + "; " + advice(ending));
  }

  private static String advice(String ending) {
    return switch (ending) {
      case "arrow", "feather", "xlsx", "xls", "pkl" ->
          "write it as .jsonl, in Python: dataset.to_json(\"data.jsonl\") of datasets, or"
              + " frame.to_json(\"data.jsonl\", orient=\"records\", lines=True) of pandas";
      case "conllu" ->
          "a .conllu file has its tags in several columns: name it .conll, with --label-column"
              + " column_4 for UPOS tags, and without lines of ranges such as 1-2";
      case "bz2", "xz", "zip", "zst" -> "unpack it, or compress it as .gz";
      default -> "rename or convert the file";
    };
  }

  /** Whether the name says that the file is compressed by gzip. */
  static boolean isGzip(Path file) {
    return fileName(file).endsWith(".gz");
  }

  private static String fileName(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
  }
}
