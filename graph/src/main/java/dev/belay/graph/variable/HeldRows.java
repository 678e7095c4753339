package dev.belay.graph.variable;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Rows of a table that a graph holds, of all rows that its files have. A lookup by a number of the
 * whole table first looks up the row that the graph has for it.
 */
public final class HeldRows {
  /** Row of a number that the graph does not hold, so that TensorFlow refuses to look it up. */
  private static final int ABSENT = -1;

  private final int total;
  private final int[] numbers;

  /**
   * A choice of rows.
   *
   * @param total rows of the whole table
   * @param held numbers of the rows that the graph holds
   */
  public HeldRows(int total, BitSet held) {
    if (held.isEmpty() || held.length() > total) {
      throw new IllegalArgumentException(
          "A graph holds between 1 and all of the " + total + " rows of a table; found " + held);
    }
    this.total = total;
    this.numbers = held.stream().toArray();
  }

  /** Number of rows of the whole table. */
  public int total() {
    return total;
  }

  /** Number of rows that the graph holds. */
  public int count() {
    return numbers.length;
  }

  /** Number that a row of the graph has in the whole table. */
  public int number(int row) {
    return numbers[row];
  }

  /** The row of the graph for each number of the whole table, {@value #ABSENT} if it has none. */
  public int[] rows() {
    int[] rows = new int[total];
    Arrays.fill(rows, ABSENT);
    IntStream.range(0, numbers.length).forEach(row -> rows[numbers[row]] = row);
    return rows;
  }

  /** The first row of the graph whose number is not below another. */
  public int from(int least) {
    int found = Arrays.binarySearch(numbers, least);
    return found >= 0 ? found : -found - 1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeldRows rows
        && rows.total == total
        && Arrays.equals(rows.numbers, numbers);
  }

  @Override
  public int hashCode() {
    return 31 * total + Arrays.hashCode(numbers);
  }

  @Override
  public String toString() {
    return numbers.length + " of " + total + " rows";
  }
}
