package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The first line of a TSV or CSV file. */
final class Headers {
  private Headers() {}

  /**
   * The column names without blanks around them.
   *
   * @throws DataException if there is no name, or one stands there twice
   */
  static List<String> check(Path file, List<String> header) {
    List<String> columns = new ArrayList<>(header.size());
    Set<String> seen = new HashSet<>();
    boolean named = false;
    for (String name : header) {
      String column = name.strip();
      // pandas writes its index under an empty name; it may stand there, and nobody asks for it.
      if (!column.isEmpty() && !seen.add(column)) {
        throw new DataException(
            file
                + ":1: the header names the column '"
                + column
                + "' twice; give each its own name");
      }
      named |= !column.isEmpty();
      columns.add(column);
    }
    if (!named) {
      throw new DataException(
          file + ":1: expected a header with the names of the columns, found an empty line");
    }
    return List.copyOf(columns);
  }
}
