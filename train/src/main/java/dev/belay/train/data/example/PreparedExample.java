package dev.belay.train.data.example;

import dev.belay.train.data.file.Row;

/**
 * A row whose columns are chosen.
 *
 * @param text the index of its text among those that are tokenized together, or -1
 * @param target the same of what is to be written
 */
record PreparedExample(Row row, ColumnNames names, ColumnChoice choice, int text, int target) {

  CellValues cell(int column) {
    return new CellValues(row.position(), names.name(column), row.cells().get(column));
  }
}
