package dev.belay.train.failure;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a person is told when the disk does not take what a run writes. */
public final class DiskFailure {
  private DiskFailure() {}

  /**
   * A write that failed.
   *
   * @param path what was written
   * @param bytes how much it needs; 0 if that is little and not known
   */
  public static MachineException writing(Path path, long bytes, IOException cause) {
    return new MachineException(
        "cannot write "
            + path
            + needing(bytes)
            + ": "
            + reason(cause)
            + "; "
            + free(path)
            + ". Make room or mend it, then run the same command again: it goes on from the last"
            + " checkpoint.",
        cause);
  }

  /**
   * A file that could not be removed.
   *
   * @param path what was removed, or the folder it is in
   */
  public static MachineException removing(Path path, IOException cause) {
    return new MachineException(
        "cannot remove what is not needed any more in "
            + path
            + ": "
            + reason(cause)
            + ". Mend it, then run the same command again: it goes on from the last checkpoint.",
        cause);
  }

  /**
   * Refuses a write for which there is no room, before it begins. Quotas are not seen here: they
   * show when the disk refuses.
   */
  public static void requireRoom(Path path, long bytes) {
    // Not its FileStore, which knows nothing of a root without a list of what is mounted.
    File place = existing(path).toFile();
    long free = place.getUsableSpace();
    // Some file systems of networks and containers say 0 for "not known".
    if (free < bytes && (free > 0 || place.getTotalSpace() > 0)) {
      throw writing(path, bytes, new IOException("No space left on device"));
    }
  }

  private static String needing(long bytes) {
    return bytes == 0 ? "" : ", which needs " + size(bytes);
  }

  private static String free(Path path) {
    File place = existing(path).toFile();
    return place.getTotalSpace() > 0
        ? size(place.getUsableSpace()) + " are free at " + place
        : "how much is free there is not known";
  }

  /** The nearest directory that is there. */
  private static Path existing(Path path) {
    Path place = path.toAbsolutePath().normalize();
    while (place.getParent() != null && !Files.isDirectory(place)) {
      place = place.getParent();
    }
    return place;
  }

  private static String reason(IOException cause) {
    if (cause instanceof FileSystemException system) {
      String kind = system.getClass().getSimpleName().replace("Exception", "");
      return system.getReason() == null ? kind + " " + system.getFile() : system.getReason();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** Both as the disk counts and as a person does. */
  private static String size(long bytes) {
    return bytes + " bytes" + (bytes < 10_000 ? "" : " (" + rounded(bytes) + ")");
  }

  private static String rounded(long bytes) {
    double megabytes = bytes / 1e6;
    return megabytes < 1000
        ? String.format(Locale.ROOT, "%.1f MB", megabytes)
        : String.format(Locale.ROOT, "%.1f GB", megabytes / 1000);
  }
}
