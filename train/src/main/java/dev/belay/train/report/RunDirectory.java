package dev.belay.train.report;

import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory of one run, and what lies where in it.
 *
 * @param root the directory itself
 */
public record RunDirectory(Path root) {

  /**
   * Makes the directory, or takes an empty one.
   *
   * @throws ConfigException if there is something in it: a run never writes over another
   * @throws MachineException if it cannot be written
   */
  public static RunDirectory create(Path root) {
    try {
      if (Files.isRegularFile(root)) {
        throw new ConfigException("--output-dir", "a directory", "the file " + root);
      }
      Files.createDirectories(root);
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
        if (entries.iterator().hasNext()) {
          throw new ConfigException(
              "--output-dir",
              "a new or an empty directory, so that no run is written over",
              root + ", which holds files; name another, or remove it first");
        }
      }
      // Asks the file system itself: permission bits say nothing about read-only mounts, or to
      // root.
      Files.delete(Files.createTempFile(root, ".writable", null));
      return new RunDirectory(root);
    } catch (IOException e) {
      throw new MachineException(
          "--output-dir: cannot write to "
              + root
              + " ("
              + reason(e)
              + "); choose another directory",
          e);
    }
  }

  private static String reason(IOException e) {
    String message = e.getMessage() == null ? "" : e.getMessage();
    String kind = e.getClass().getSimpleName().replace("Exception", "");
    return message.isEmpty() ? kind : kind + ": " + message;
  }

  /** Whether a directory was made by a run. */
  public static boolean isRun(Path path) {
    return Files.isRegularFile(path.resolve("run.json"))
        && Files.isRegularFile(path.resolve("config.json"));
  }

  /** Every effective option. */
  public Path config() {
    return root.resolve("config.json");
  }

  /** Where the run comes from. */
  public Path provenance() {
    return root.resolve("run.json");
  }

  /** One line per event. */
  public Path metrics() {
    return root.resolve("metrics.jsonl");
  }

  /** The run as a page of charts. */
  public Path report() {
    return root.resolve("report.html");
  }

  /** Event files. */
  public Path tensorboard() {
    return root.resolve("tensorboard");
  }

  /** One directory per checkpoint. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** Version folders of exported models. */
  public Path exports() {
    return root.resolve("export");
  }
}
