package dev.belay.train.data.batch;

import java.util.Arrays;
import java.util.List;

/** One feature of a batch, [B, T], row by row. Arrays are not copied. */
public sealed interface BatchColumn {

  /** B. */
  int rows();

  /** T; 1 where there is one element per example. */
  int columns();

  /** A copy of the rows from {@code begin} on, up to and without {@code end}. */
  BatchColumn slice(int begin, int end);

  /**
   * Whole numbers.
   *
   * @param values [B * T]
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record IntMatrix(int rows, int columns, int[] values) implements BatchColumn {
    /** The element of an example. */
    public int get(int row, int column) {
      return values[row * columns + column];
    }

    @Override
    public IntMatrix slice(int begin, int end) {
      return new IntMatrix(
          end - begin, columns, Arrays.copyOfRange(values, begin * columns, end * columns));
    }
  }

  /**
   * Floating-point numbers.
   *
   * @param values [B * T]
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record FloatMatrix(int rows, int columns, float[] values) implements BatchColumn {
    /** The element of an example. */
    public float get(int row, int column) {
      return values[row * columns + column];
    }

    @Override
    public FloatMatrix slice(int begin, int end) {
      return new FloatMatrix(
          end - begin, columns, Arrays.copyOfRange(values, begin * columns, end * columns));
    }
  }

  /**
   * Texts.
   *
   * @param values [B]
   */
  record Texts(List<String> values) implements BatchColumn {
    @Override
    public int rows() {
      return values.size();
    }

    @Override
    public int columns() {
      return 1;
    }

    @Override
    public Texts slice(int begin, int end) {
      return new Texts(List.copyOf(values.subList(begin, end)));
    }
  }
}
