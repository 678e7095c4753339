package dev.belay.train.data.parquet;

/**
 * A column that holds values.
 *
 * @param chunk its place among the columns of a group of rows
 * @param kind of the values
 * @param type as the file stores the values
 * @param maxRepetition 1 for a list
 * @param maxDefinition the level of a value that is there
 * @param listDefinition the level from which on a list has an element; 0 where there is no list
 */
record Leaf(
    int chunk, Kind kind, Type type, int maxRepetition, int maxDefinition, int listDefinition) {

  /** The type by which a file stores values. */
  enum Type {
    BOOLEAN,
    INT32,
    UINT32,
    INT64,
    FLOAT,
    DOUBLE,
    BYTES
  }
}
