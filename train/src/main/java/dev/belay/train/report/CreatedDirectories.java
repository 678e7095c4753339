package dev.belay.train.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Directories that a run creates for its output, to be removed again if the run is refused before
 * it writes anything there: a command that was refused leaves nothing behind.
 */
public final class CreatedDirectories {
  /** The output directory first, then its parents. */
  private final List<Path> missing;

  private CreatedDirectories(List<Path> missing) {
    this.missing = missing;
  }

  /** The directories of a path that do not exist yet. */
  public static CreatedDirectories of(Path root) {
    List<Path> missing = new ArrayList<>();
    for (Path path = root.toAbsolutePath().normalize();
        path != null && Files.notExists(path);
        path = path.getParent()) {
      missing.add(path);
    }
    return new CreatedDirectories(missing);
  }

  /**
   * Removes them if the output directory holds nothing but its lock.
   *
   * @param lock held by the caller
   */
  public void removeUnused(Path lock) {
    try {
      if (missing.isEmpty() || holdsMoreThan(lock)) {
        return;
      }
      Files.deleteIfExists(lock);
      for (Path directory : missing) {
        Files.deleteIfExists(directory);
      }
    } catch (IOException e) {
      // Another process uses one of them; the reason of the refusal is what counts.
    }
  }

  private boolean holdsMoreThan(Path lock) throws IOException {
    try (Stream<Path> entries = Files.list(missing.get(0))) {
      return entries.anyMatch(entry -> !entry.getFileName().equals(lock.getFileName()));
    }
  }
}
