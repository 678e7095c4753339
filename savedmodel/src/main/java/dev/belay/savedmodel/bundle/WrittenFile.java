package dev.belay.savedmodel.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file that is on the disk.
 *
 * @param bytes its size
 * @param sha256 of the bytes passed to the writer, in hex, so that a disk that stores something
 *     else is detected
 */
public record WrittenFile(Path path, long bytes, String sha256) {

  /** Writes a small one, which must not exist. */
  public static WrittenFile write(Path path, byte[] content) throws IOException {
    try (DataFile file = DataFile.create(path)) {
      file.write(ByteBuffer.wrap(content));
      return file.finish();
    }
  }
}
