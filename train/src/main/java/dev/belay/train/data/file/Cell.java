package dev.belay.train.data.file;

import java.util.List;

/**
 * The value of one column in one row, as the file holds it. Arrays are not copied, so they must not
 * be changed.
 */
public sealed interface Cell {

  /**
   * A string: any field of a TSV or CSV file, a JSON string, bytes of a TFRecord that are UTF-8.
   */
  record Text(String value) implements Cell {}

  /**
   * Whole numbers.
   *
   * @param values one, or the elements of a list
   * @param list whether the file holds a list
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Integers(long[] values, boolean list) implements Cell {}

  /**
   * Numbers of which at least one has a fraction or an exponent.
   *
   * @param values one, or the elements of a list
   * @param list whether the file holds a list
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Decimals(double[] values, boolean list) implements Cell {}

  /** True or false of JSON, which Python converts to 1 and 0 where a number is expected. */
  record Truth(boolean value) implements Cell {}

  /** A list of strings. */
  record Texts(List<String> values) implements Cell {}

  /**
   * Something that no column can use.
   *
   * @param description for the error message, such as "an object"
   */
  record Other(String description) implements Cell {}
}
