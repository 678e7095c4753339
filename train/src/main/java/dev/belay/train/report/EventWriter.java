package dev.belay.train.report;

import dev.belay.savedmodel.record.RecordWriter;
import dev.belay.train.failure.DiskFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.util.Event;

/** Owns one event file of TensorBoard, version 2. Close it to close the file. */
public final class EventWriter implements AutoCloseable {
  private static final String PREFIX = "events.out.tfevents.";

  private final Path directory;
  private final RecordWriter writer;

  /** Opens a new file in a directory, which is made; earlier ones stay beside it. */
  public EventWriter(Path directory) {
    this.directory = directory;
    try {
      this.writer = open(directory);
    } catch (IOException e) {
      throw DiskFailure.writing(directory, 0, e);
    }
    write(Event.newBuilder().setFileVersion("brain.Event:2"));
  }

  /** Files are read in the order of their names: the second, then what tells apart a restart. */
  private static RecordWriter open(Path directory) throws IOException {
    Files.createDirectories(directory);
    String name =
        PREFIX
            + "%010d.belay.%d.%d.v2"
                .formatted(
                    System.currentTimeMillis() / 1000,
                    ProcessHandle.current().pid(),
                    files(directory).size());
    return RecordWriter.create(directory.resolve(name));
  }

  /** The event files of a directory, in the order in which they are read. */
  static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
          .sorted()
          .toList();
    }
  }

  /** Adds an event, as of now. */
  public void write(Event.Builder event) {
    event.setWallTime(System.currentTimeMillis() / 1000.0);
    try {
      writer.write(event.build().toByteArray());
    } catch (IOException e) {
      throw DiskFailure.writing(directory, 0, e);
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
