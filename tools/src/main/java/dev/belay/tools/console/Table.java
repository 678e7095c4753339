package dev.belay.tools.console;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns that line up, two blanks apart. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a row. */
  public Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /** The lines, each with that indentation. */
  public List<String> lines(String indentation) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int column = 0; column < row.size(); column++) {
        int width = row.get(column).length();
        if (column == widths.size()) {
          widths.add(width);
        }
        widths.set(column, Math.max(width, widths.get(column)));
      }
    }
    return rows.stream().map(row -> indentation + line(row, widths)).toList();
  }

  private static String line(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < row.size(); column++) {
      String cell = row.get(column);
      line.append(cell).append(" ".repeat(widths.get(column) + 2 - cell.length()));
    }
    return line.toString().stripTrailing();
  }
}
