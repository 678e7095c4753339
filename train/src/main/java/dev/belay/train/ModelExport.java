package dev.belay.train;

import java.io.IOException;
import java.nio.file.Path;

/** A run's weights as a SavedModel. */
public final class ModelExport {
  private ModelExport() {}

  /**
   * Exports a run.
   *
   * @param run a run directory, or one of its checkpoints; of a run, the newest checkpoint
   * @param target a directory for integer version folders; the next free one is written
   * @return the version folder
   */
  public static Path export(Path run, Path target) throws IOException {
    throw new UnsupportedOperationException();
  }
}
