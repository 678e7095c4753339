package dev.belay.train.data.file;

import dev.belay.train.data.SourcePosition;
import java.util.List;

/**
 * One row of a data file.
 *
 * @param position its position in the file
 * @param columns the names of its cells; the same list object as the row before if the names are
 *     the same
 * @param cells one per column
 */
public record Row(SourcePosition position, List<String> columns, List<Cell> cells) {}
