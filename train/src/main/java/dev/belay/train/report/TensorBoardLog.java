package dev.belay.train.report;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.record.EventFile;
import dev.belay.savedmodel.record.RecordWriter;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DiskFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.Summary;
import org.tensorflow.proto.framework.SummaryMetadata;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.proto.util.Event;

/**
 * TensorBoard's event files, {@code train} and {@code validation} under one directory, as
 * tf.summary of TensorFlow 2 writes them: tensors with the scalars plugin's metadata.
 *
 * <p>Close it to close the files.
 */
public final class TensorBoardLog implements Consumer<RunEvent>, AutoCloseable {
  private static final SummaryMetadata SCALAR =
      SummaryMetadata.newBuilder()
          .setPluginData(
              SummaryMetadata.PluginData.newBuilder()
                  .setPluginName("scalars")
                  .setContent(ByteString.EMPTY))
          .build();

  private static final String PREFIX = "events.out.tfevents.";

  private final Path directory;
  private final RecordWriter train;
  private final RecordWriter validation;

  /** Opens new files in a directory, which is made; earlier ones of the run stay beside them. */
  public TensorBoardLog(Path directory) throws IOException {
    this.directory = directory;
    try {
      this.train = open(directory.resolve("train"));
      this.validation = open(directory.resolve("validation"));
    } catch (IOException e) {
      throw DiskFailure.writing(directory, 0, e);
    }
    write(train, Event.newBuilder().setFileVersion("brain.Event:2"));
    write(validation, Event.newBuilder().setFileVersion("brain.Event:2"));
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
                    eventFiles(directory).size());
    return RecordWriter.create(directory.resolve(name));
  }

  private static List<Path> eventFiles(Path directory) throws IOException {
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

  /**
   * Drops the events of later steps: they come again.
   *
   * @param step the last one whose events stay
   */
  public static void cutAfter(Path directory, long step) throws IOException {
    for (String part : List.of("train", "validation")) {
      for (Path file : eventFiles(directory.resolve(part))) {
        EventFile.cutAfter(file, step);
      }
    }
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Trained trained) {
      scalars(
          train,
          trained.step(),
          Map.of(
              "loss", (double) trained.loss(),
              "gradient/norm", (double) trained.gradNorm(),
              "gradient/norm_clipped", (double) trained.gradNormClipped(),
              "gradient/clip_scale", (double) trained.clipScale(),
              "learning_rate", trained.learningRate(),
              "examples_per_second", trained.examples() * 1000.0 / trained.stepMillis()));
    } else if (event instanceof RunEvent.Evaluated evaluated) {
      scalars(validation, evaluated.step(), evaluated.metrics());
    }
  }

  private void scalars(RecordWriter writer, long step, Map<String, Double> values) {
    Summary.Builder summary = Summary.newBuilder();
    values.forEach(
        (tag, value) ->
            summary.addValue(
                Summary.Value.newBuilder()
                    .setTag(tag)
                    .setMetadata(SCALAR)
                    .setTensor(
                        TensorProto.newBuilder()
                            .setDtype(DataType.DT_FLOAT)
                            .setTensorShape(TensorShapeProto.getDefaultInstance())
                            .addFloatVal(value.floatValue()))));
    write(writer, Event.newBuilder().setStep(step).setSummary(summary));
  }

  private void write(RecordWriter writer, Event.Builder event) {
    event.setWallTime(System.currentTimeMillis() / 1000.0);
    try {
      writer.write(event.build().toByteArray());
    } catch (IOException e) {
      throw DiskFailure.writing(directory, 0, e);
    }
  }

  @Override
  public void close() throws IOException {
    try (train;
        validation) {
      train.flush();
      validation.flush();
    }
  }
}
