package dev.belay.train.data.parquet;

/** Values of one column in one group of rows. */
public final class Column {
  private static final byte VALUE = 0;
  private static final byte NULL = 1;
  private static final byte NULL_INSIDE = 2;

  private final Leaf leaf;
  private final Values values;
  private final int[] starts;
  private final byte[] states;
  private int rows;

  Column(Leaf leaf, int rows) {
    this.leaf = leaf;
    this.values = new Values(leaf);
    this.starts = new int[rows + 1];
    this.states = new byte[rows];
  }

  /** What the values are. */
  public Kind kind() {
    return leaf.kind();
  }

  /** Whether each row has a list of them. */
  public boolean isList() {
    return leaf.maxRepetition() > 0;
  }

  /** Whether a row has none. */
  public boolean isNull(int row) {
    return states[row] == NULL;
  }

  /** Whether the list of a row has a null among its elements. */
  public boolean hasNullInside(int row) {
    return states[row] == NULL_INSIDE;
  }

  /** The whole numbers of a row, or 1 for true and 0 for false. */
  public long[] integers(int row) {
    return values.integers(starts[row], starts[row + 1]);
  }

  /** The numbers of a row. */
  public double[] decimals(int row) {
    return values.decimals(starts[row], starts[row + 1]);
  }

  /** The texts of a row. */
  public String[] texts(int row) {
    return values.texts(starts[row], starts[row + 1]);
  }

  Values values() {
    return values;
  }

  /** Adds what a page says of its rows; its values are there already, from that place on. */
  void add(int[] repetitions, int[] definitions, int count, int firstValue) {
    int value = firstValue;
    for (int i = 0; i < count; i++) {
      boolean begins = leaf.maxRepetition() == 0 || repetitions[i] == 0;
      int definition = leaf.maxDefinition() == 0 ? 0 : definitions[i];
      if (begins) {
        begin(value);
      }
      if (rows == 0) {
        throw new ParquetException("a list continues that never began");
      }
      if (definition == leaf.maxDefinition()) {
        value++;
      } else if (!isList() || definition < leaf.listDefinition() - 1) {
        states[rows - 1] = NULL;
      } else if (definition >= leaf.listDefinition()) {
        states[rows - 1] = NULL_INSIDE;
      }
      starts[rows] = value;
    }
  }

  private void begin(int value) {
    if (rows == states.length) {
      throw new ParquetException("more rows than the footer says");
    }
    states[rows] = VALUE;
    starts[rows++] = value;
  }

  void finish() {
    if (rows != states.length) {
      throw new ParquetException(rows + " rows in place of " + states.length);
    }
  }
}
