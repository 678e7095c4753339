package dev.belay.train.data.parquet;

/** A Parquet file that is damaged, or of a kind that Belay does not read; says what was found. */
public final class ParquetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ParquetException(String message) {
    super(message);
  }
}
