package dev.belay.savedmodel.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes SavedModels that Python and TensorFlow Serving load. The target directory is there whole
 * or not at all.
 */
public final class SavedModelWriter {
  private SavedModelWriter() {}

  /**
   * Writes a model again with other values in its variables. Graph, signatures, Keras metadata and
   * assets stay as they are, so everything that could be done with the original in Python can be
   * done with the copy.
   *
   * @param source the model's directory
   * @param newValues by checkpoint key: the elements row by row, little-endian; of a partitioned
   *     variable the whole. Keys that are not named keep their values.
   * @param target where to write; must not exist
   * @throws IllegalArgumentException if a key is unknown or a value has the wrong size: the message
   *     lists all of them
   * @throws IOException if the source cannot be read or the target not be written
   */
  public static void replaceVariables(Path source, Map<String, ByteBuffer> newValues, Path target)
      throws IOException {
    VariableReplacement replacement = new VariableReplacement(source, newValues);
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      replacement.writeInto(directory.path());
      directory.commit();
    }
  }

  /** Where a SavedModel keeps its checkpoint. */
  static Path variablesPrefix(Path model) {
    return model.resolve("variables").resolve("variables");
  }
}
