package dev.belay.train.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
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

  /** The most tokens that the model was trained with. */
  public static final String MAX_SEQ_LENGTH = "max_seq_length.txt";

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

  /** The most tokens that the model was trained with, if Belay exported it. */
  public OptionalInt maxSeqLength() throws IOException {
    Path file = directory.resolve(EXTRA).resolve(MAX_SEQ_LENGTH);
    if (!Files.isRegularFile(file)) {
      return OptionalInt.empty();
    }
    String text = Files.readString(file).strip();
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw new CorruptModelException(file, "content", "a whole number above 0", text);
    }
    return OptionalInt.of(Integer.parseInt(text));
  }

  /** Class names that were exported with the model. */
  public Optional<LabelMap> labels() {
    Path file = directory.resolve(EXTRA).resolve(LABELS);
    return Files.isRegularFile(file) ? Optional.of(LabelMap.read(file)) : Optional.empty();
  }
}
