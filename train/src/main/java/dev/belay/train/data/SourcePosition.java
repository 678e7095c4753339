package dev.belay.train.data;

import java.nio.file.Path;

/**
 * Position of an example in its file.
 *
 * @param file the file as the user named it; empty for rows that a program gives
 * @param unit the unit of the number
 * @param number from 1; a CSV record that spans lines has the number of its first line
 */
public record SourcePosition(Path file, Unit unit, long number) {
  private static final Path GIVEN = Path.of("");

  /** Unit in which positions of a file are counted. */
  public enum Unit {
    /** Lines of a text file. */
    LINE,
    /** Records of a TFRecord file, rows of a Parquet file. */
    RECORD,
    /** Objects of a JSON file. */
    OBJECT,
    /** Questions of a SQuAD file. */
    QUESTION,
    /** Texts that a program gives. */
    TEXT
  }

  /** A line of a text file, from 1. */
  public static SourcePosition line(Path file, long number) {
    return new SourcePosition(file, Unit.LINE, number);
  }

  /** A record of a TFRecord file, from 1. */
  public static SourcePosition record(Path file, long number) {
    return new SourcePosition(file, Unit.RECORD, number);
  }

  /** An object of a JSON file, from 1. */
  public static SourcePosition object(Path file, long number) {
    return new SourcePosition(file, Unit.OBJECT, number);
  }

  /** A question of a SQuAD file, from 1. */
  public static SourcePosition question(Path file, long number) {
    return new SourcePosition(file, Unit.QUESTION, number);
  }

  /** A text that a program gives, from 1. */
  public static SourcePosition text(long number) {
    return new SourcePosition(GIVEN, Unit.TEXT, number);
  }

  /** {@code train.tsv:17}, or {@code train.tfrecord: record 17}. */
  @Override
  public String toString() {
    return switch (unit) {
      case LINE -> file + ":" + number;
      case RECORD -> file + ": record " + number;
      case OBJECT -> file + ": object " + number;
      case QUESTION -> file + ": question " + number;
      case TEXT -> "text " + number;
    };
  }
}
