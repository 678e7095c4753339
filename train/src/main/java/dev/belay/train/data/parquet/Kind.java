package dev.belay.train.data.parquet;

/** The kind of values in a column. */
public enum Kind {
  /** True or false. */
  TRUTH,
  /** Whole numbers. */
  INTEGER,
  /** Numbers of 32 or 64 bits with a fraction. */
  DECIMAL,
  /** Strings. */
  TEXT
}
