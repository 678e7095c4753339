package dev.belay.train.hub;

import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.FileProblem;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Path;

/** Messages about the disk of the cache. */
final class HubDisk {
  private HubDisk() {}

  /** Refuses a download for which there is no room, before it starts. */
  static void requireRoom(Path path, long bytes) {
    if (DiskFailure.lacksRoom(path, bytes)) {
      throw failure(path, bytes, new IOException("No space left on device"));
    }
  }

  /** A write to the cache that failed. */
  static MachineException failure(Path path, long bytes, IOException cause) {
    return new MachineException(
        "the cache "
            + path
            + " cannot be written"
            + (bytes > 0 ? ", which needs " + DiskFailure.rounded(bytes) : "")
            + ": "
            + FileProblem.reason(cause)
            + "; "
            + DiskFailure.free(path)
            + ". "
            + FileProblem.of(path, cause).advice()
            + " by HF_HUB_CACHE; nothing incomplete is used.",
        cause);
  }
}
