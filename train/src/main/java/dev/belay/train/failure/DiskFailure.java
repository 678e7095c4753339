package dev.belay.train.failure;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Error message for a failed write to the disk. */
public final class DiskFailure {
  private static final String NO_SPACE = "No space left on device";
  private static final String RESUMES = "it resumes from the last checkpoint";
  private static final String UNTOUCHED = "the files that were written before are intact";

  private DiskFailure() {}

  /** Writes something. */
  @FunctionalInterface
  public interface Writing {
    /** Writes all of it. */
    void run() throws IOException;
  }

  /**
   * Writes a result that no resume needs, after a check that there is room for it.
   *
   * @param path the file that is written
   * @param bytes required room
   * @throws MachineException if there is no room, or the disk does not take it
   * @throws IOException if the source of what is written is refused, or something is at the path
   */
  public static void guard(Path path, long bytes, Writing writing) throws IOException {
    try {
      if (lacksRoom(path, bytes)) {
        throw new IOException(NO_SPACE);
      }
      writing.run();
    } catch (CorruptModelException
        | UnsupportedModelException
        | FileAlreadyExistsException notTheDisk) {
      throw notTheDisk;
    } catch (IOException e) {
      throw failure(path, bytes, UNTOUCHED, e);
    }
  }

  /**
   * A write that failed.
   *
   * @param path the file that was written
   * @param bytes required room; 0 if that is little and not known
   */
  public static MachineException writing(Path path, long bytes, IOException cause) {
    return failure(path, bytes, RESUMES, cause);
  }

  private static MachineException failure(Path path, long bytes, String state, IOException cause) {
    FileProblem problem = FileProblem.of(path, cause);
    return new MachineException(
        "cannot write "
            + path
            + needing(bytes)
            + ": "
            + FileProblem.reason(cause)
            + (problem.isOfSpace() ? "; " + free(path) : "")
            + ". "
            + problem.advice()
            + ", then run the same command again: "
            + state
            + ".",
        cause);
  }

  /**
   * A file that could not be removed.
   *
   * @param path the file that was removed, or its folder
   */
  public static MachineException removing(Path path, IOException cause) {
    return new MachineException(
        "cannot remove old files in "
            + path
            + ": "
            + FileProblem.reason(cause)
            + ". "
            + FileProblem.of(path, cause).advice()
            + ", then run the same command again: "
            + RESUMES
            + ".",
        cause);
  }

  /**
   * Refuses a write for which there is no room, before it starts. Quotas are not seen here: they
   * show when the disk refuses.
   */
  public static void requireRoom(Path path, long bytes) {
    if (lacksRoom(path, bytes)) {
      throw writing(path, bytes, new IOException(NO_SPACE));
    }
  }

  /** Whether the disk says that there is less room than that for what a path is to hold. */
  public static boolean lacksRoom(Path path, long bytes) {
    // Not its FileStore, which knows nothing of a root without a list of what is mounted.
    File place = existing(path).toFile();
    long free = place.getUsableSpace();
    // Some file systems of networks and containers say 0 for "not known".
    return free < bytes && (free > 0 || place.getTotalSpace() > 0);
  }

  private static String needing(long bytes) {
    return bytes == 0 ? "" : ", which needs " + size(bytes);
  }

  /** How much is free for what a path is to hold, for people. */
  public static String free(Path path) {
    File place = existing(path).toFile();
    return place.getTotalSpace() > 0
        ? size(place.getUsableSpace()) + " are free at " + place
        : "the free space there is unknown";
  }

  /** The nearest directory that is there. */
  static Path existing(Path path) {
    Path place = path.toAbsolutePath().normalize();
    while (place.getParent() != null && !Files.isDirectory(place)) {
      place = place.getParent();
    }
    return place;
  }

  /** Both as the disk counts and as a person does. */
  private static String size(long bytes) {
    return bytes + " bytes" + (bytes < 10_000 ? "" : " (" + rounded(bytes) + ")");
  }

  /** A size for people. */
  public static String rounded(long bytes) {
    double megabytes = bytes / 1e6;
    return megabytes < 1000
        ? String.format(Locale.ROOT, "%.1f MB", megabytes)
        : String.format(Locale.ROOT, "%.1f GB", megabytes / 1000);
  }
}
