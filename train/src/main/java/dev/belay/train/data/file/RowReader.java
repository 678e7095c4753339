package dev.belay.train.data.file;

import java.io.Closeable;
import java.util.List;
import java.util.Optional;

/** Owns an open data file and gives its rows in order. */
public interface RowReader extends Closeable {

  /**
   * The next row, or empty at the end of the file.
   *
   * @throws dev.belay.train.data.DataException if the row is not what the format says
   */
  Optional<Row> next();

  /** Notes about the file, complete once it has been read to its end. */
  default List<String> notes() {
    return List.of();
  }

  @Override
  void close();
}
