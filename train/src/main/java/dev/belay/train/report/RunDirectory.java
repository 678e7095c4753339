package dev.belay.train.report;

import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.FileProblem;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The directory of one run, with the paths of its files.
 *
 * @param root the directory itself
 */
public record RunDirectory(Path root) {
  public static final String LOCK = "run.lock";
  public static final String CONFIG = "config.json";
  public static final String PROVENANCE = "run.json";
  public static final String METRICS = "metrics.jsonl";
  public static final String REPORT = "report.html";
  public static final String TENSORBOARD = "tensorboard";
  public static final String CHECKPOINTS = "checkpoints";
  public static final String FAILURE = "failure";

  /** Files of a run; a start that found no checkpoint removes them. */
  private static final Set<String> RECORDS =
      Set.of(CONFIG, PROVENANCE, METRICS, TENSORBOARD, CHECKPOINTS, FAILURE);

  /** Incomplete files of killed runs. */
  private static final Pattern PARTIAL = Pattern.compile("\\..*writable.*|.*\\.partial");

  /**
   * Makes the directory, or takes one that is empty or a run's.
   *
   * @param mayBeRun whether a directory with a run in it is taken
   * @throws ConfigException if there is something else in it: a run never writes over another
   * @throws MachineException if it cannot be written
   */
  public static RunDirectory open(Path root, boolean mayBeRun) {
    try {
      if (Files.isRegularFile(root)) {
        throw new ConfigException("--output-dir", "a directory", "the file " + root);
      }
      Files.createDirectories(root);
      requireEmptyOrRun(root, mayBeRun);
      // Asks the file system itself: permission bits say nothing about read-only mounts, or to
      // root.
      Files.delete(Files.createTempFile(root, ".writable", null));
      return new RunDirectory(root);
    } catch (IOException e) {
      throw unusable(root, e);
    }
  }

  /** The refusal of an output directory that cannot be created or written. */
  public static MachineException unusable(Path root, IOException cause) {
    return new MachineException(
        "--output-dir: cannot write to "
            + root
            + ": "
            + FileProblem.reason(cause)
            + ". "
            + FileProblem.of(root, cause).advice(),
        cause);
  }

  private static void requireEmptyOrRun(Path root, boolean mayBeRun) throws IOException {
    List<String> names;
    try (Stream<Path> entries = Files.list(root)) {
      names =
          entries
              .map(entry -> entry.getFileName().toString())
              .filter(name -> !PARTIAL.matcher(name).matches())
              .toList();
    }
    boolean locked = names.contains(LOCK);
    boolean empty = names.isEmpty() || (names.size() == 1 && locked);
    if (!empty && !(mayBeRun && (locked || isRun(root)))) {
      throw new ConfigException(
          "--output-dir",
          "a new or an empty directory, so that no run is overwritten",
          root + ", which holds files; choose another, or remove it first");
    }
  }

  /**
   * Removes what a run wrote that was killed before its first checkpoint, and every file that was
   * left unfinished. Only the owner of the lock may.
   */
  public void clear() throws IOException {
    removeUnfinished();
    for (String name : RECORDS) {
      AtomicDirectory.deleteTree(root.resolve(name));
    }
  }

  /**
   * Moves the replay bundle of a failed run aside, with the run's records, so that {@link #clear}
   * leaves them. Only the owner of the lock may.
   *
   * @return where they are now; empty if the run did not fail
   */
  public Optional<Path> keepFailure() throws IOException {
    if (!Files.isDirectory(failure())) {
      return Optional.empty();
    }
    int number = 1;
    while (Files.exists(root.resolve(FAILURE + "-" + number))) {
      number++;
    }
    Path kept = Files.move(failure(), root.resolve(FAILURE + "-" + number));
    for (String name : List.of(METRICS, PROVENANCE)) {
      if (Files.exists(root.resolve(name)) && !Files.exists(kept.resolve(name))) {
        Files.move(root.resolve(name), kept.resolve(name));
      }
    }
    return Optional.of(kept);
  }

  /** Removes files that were left unfinished. Only the owner of the lock may. */
  public void removeUnfinished() throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      for (Path entry : entries.toList()) {
        if (PARTIAL.matcher(entry.getFileName().toString()).matches()) {
          Files.deleteIfExists(entry);
        }
      }
    }
    AtomicDirectory.removeUnfinished(exports());
  }

  /** Whether a directory was made by a run. */
  public static boolean isRun(Path path) {
    return Files.isRegularFile(path.resolve(PROVENANCE))
        && Files.isRegularFile(path.resolve(CONFIG));
  }

  /** The writer of the directory; see {@code train.resume}. */
  public Path lock() {
    return root.resolve(LOCK);
  }

  /** Every effective option. */
  public Path config() {
    return root.resolve(CONFIG);
  }

  /** Provenance of the run. */
  public Path provenance() {
    return root.resolve(PROVENANCE);
  }

  /** One line per event. */
  public Path metrics() {
    return root.resolve(METRICS);
  }

  /** The run as a page of charts. */
  public Path report() {
    return root.resolve(REPORT);
  }

  /** Event files. */
  public Path tensorboard() {
    return root.resolve(TENSORBOARD);
  }

  /** One directory per checkpoint. */
  public Path checkpoints() {
    return root.resolve(CHECKPOINTS);
  }

  /** The replay bundle of the first step that was not usable. */
  public Path failure() {
    return root.resolve(FAILURE);
  }

  /** Version folders of exported models. */
  public Path exports() {
    return root.resolve("export");
  }

  /** An export in another format than a SavedModel's. */
  public Path export(WeightTarget format) {
    return root.resolve("export-" + format.option());
  }
}
