package dev.belay.train.model;

import dev.belay.train.ModelException;
import dev.belay.train.RunDirectory;
import dev.belay.train.data.example.LabelMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a model lies, and what lies with it that a SavedModel does not say.
 *
 * @param directory a SavedModel, or a folder that holds one
 */
public record ModelSource(Path directory) {
  /** Files for people and programs that TF Serving leaves alone, by TensorFlow's own convention. */
  public static final String EXTRA = "assets.extra";

  /** Class names, one a line, in the order of the logits. */
  public static final String LABELS = "labels.txt";

  /**
   * The model that a path means: of a run directory, what it exported last, since those are the
   * weights that the run ended with.
   */
  public static ModelSource at(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new ModelException(
          "--model: "
              + path
              + " does not exist; expected a SavedModel directory or a run directory");
    }
    if (!RunDirectory.isRun(path)) {
      return new ModelSource(path);
    }
    Path exports = new RunDirectory(path).exports();
    return newestVersion(exports)
        .map(ModelSource::new)
        .orElseThrow(
            () ->
                new ModelException(
                    "--model: the run "
                        + path
                        + " exported no model ("
                        + exports
                        + " is empty); `belay export "
                        + path
                        + "` writes one from its last checkpoint"));
  }

  private static Optional<Path> newestVersion(Path exports) throws IOException {
    if (!Files.isDirectory(exports)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(exports)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("\\d{1,18}"))
          .max(Comparator.comparingLong(entry -> Long.parseLong(entry.getFileName().toString())));
    }
  }

  /** Class names that were exported with the model. */
  public Optional<LabelMap> labels() {
    Path file = directory.resolve(EXTRA).resolve(LABELS);
    return Files.isRegularFile(file) ? Optional.of(LabelMap.read(file)) : Optional.empty();
  }
}
