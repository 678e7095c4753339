package dev.belay.savedmodel.record;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tensorflow.proto.example.Example;

/**
 * Reads {@code tf.train.Example} records, such as google-research/bert writes them.
 *
 * <p>It owns the open file: close it.
 */
public final class ExampleReader implements Closeable {
  /**
   * The longest example that is read, in bytes. One byte of a packed list can encode a number of
   * eight bytes, so an example takes a multiple of it in memory.
   */
  public static final int MAX_EXAMPLE_BYTES = 1 << 23;

  private final RecordReader records;

  private ExampleReader(RecordReader records) {
    this.records = records;
  }

  /** Opens a TFRecord file, plain or compressed; an example has 8 MB at most. */
  public static ExampleReader open(Path file) throws IOException {
    return new ExampleReader(RecordReader.open(file, MAX_EXAMPLE_BYTES));
  }

  /**
   * The features of the next example by name, sorted, or nothing at the end of the file.
   *
   * @throws CorruptModelException if the record is damaged or holds no example
   */
  public Optional<Map<String, Feature>> next() throws IOException {
    Optional<byte[]> record = records.next();
    return record.isPresent() ? Optional.of(parse(record.get())) : Optional.empty();
  }

  /** The number of examples read so far. */
  public long examples() {
    return records.records();
  }

  @Override
  public void close() throws IOException {
    records.close();
  }

  private Map<String, Feature> parse(byte[] record) throws CorruptModelException {
    Map<String, Feature> features = new TreeMap<>();
    try {
      Example.parseFrom(record)
          .getFeatures()
          .getFeatureMap()
          .forEach((name, feature) -> features.put(name, new Feature(feature)));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(
          records.file(),
          "record " + records.records(),
          "a tf.train.Example",
          "bytes that are none (" + e.getMessage() + ")");
    }
    return features;
  }
}
