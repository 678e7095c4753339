package dev.belay.train.report;

import dev.belay.savedmodel.record.RecordWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tensorflow.proto.util.Event;

/**
 * Owns one event file of TensorBoard, version 2, flushed with every event. Close it to close the
 * file.
 */
public final class EventFile implements AutoCloseable {
  private final RecordWriter writer;

  /** Opens a new file in a directory, which is made. */
  public EventFile(Path directory) throws IOException {
    Files.createDirectories(directory);
    long seconds = System.currentTimeMillis() / 1000;
    String name =
        "events.out.tfevents.%010d.belay.%d.0.v2".formatted(seconds, ProcessHandle.current().pid());
    this.writer = RecordWriter.create(directory.resolve(name));
    write(Event.newBuilder().setFileVersion("brain.Event:2"));
  }

  /** Adds an event, as of now. */
  public void write(Event.Builder event) {
    event.setWallTime(System.currentTimeMillis() / 1000.0);
    try {
      writer.write(event.build().toByteArray());
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write TensorBoard's event file", e);
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
