package dev.belay.train.report;

import dev.belay.train.failure.DiskFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A small file that is replaced as a whole: readers, and the next start, see the old or the new.
 */
public final class DurableFile {
  private static final String ASIDE = ".partial";

  private DurableFile() {}

  /** Writes a temporary file, syncs it, and renames it. */
  public static void write(Path file, byte[] content) {
    Path aside = file.resolveSibling(file.getFileName() + ASIDE);
    try {
      try (FileChannel channel =
          FileChannel.open(
              aside,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      discard(aside);
      throw DiskFailure.writing(file, content.length, e);
    }
  }

  private static void discard(Path aside) {
    try {
      Files.deleteIfExists(aside);
    } catch (IOException e) {
      // The disk fails anyway, and the next start writes over it.
    }
  }
}
