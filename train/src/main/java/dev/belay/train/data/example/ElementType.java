package dev.belay.train.data.example;

/** Element type of a feature. */
public enum ElementType {
  /** int32 or int64; values of data fit 32 bits. */
  INTEGER,
  /** float32 or wider. */
  FLOAT,
  /** Text. */
  STRING
}
