package dev.belay.savedmodel.record;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.tensorflow.proto.util.Event;

/** TensorBoard's event files, which are TFRecords of {@code Event}. */
public final class EventFile {
  private EventFile() {}

  /**
   * Drops the events of later steps, and a record that a killed process left unfinished at the end.
   * The file is replaced as a whole; a file that needs no cut is unchanged.
   *
   * @param step the last one whose events stay
   */
  public static void cutAfter(Path file, long step) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".partial");
    Files.deleteIfExists(aside);
    boolean whole;
    try (RecordReader reader = RecordReader.open(file);
        RecordWriter writer = RecordWriter.create(aside)) {
      whole = copy(reader, writer, step);
      writer.flush();
    }
    if (whole) {
      Files.delete(aside);
    } else {
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Returns whether all of the file was copied. */
  private static boolean copy(RecordReader reader, RecordWriter writer, long step)
      throws IOException {
    boolean whole = true;
    try {
      Optional<byte[]> record = reader.next();
      while (record.isPresent()) {
        if (Event.parseFrom(record.get()).getStep() <= step) {
          writer.write(record.get());
        } else {
          whole = false;
        }
        record = reader.next();
      }
      return whole;
    } catch (CorruptModelException | InvalidProtocolBufferException cut) {
      // An unfinished record belongs to a step that will be repeated.
      return false;
    }
  }
}
