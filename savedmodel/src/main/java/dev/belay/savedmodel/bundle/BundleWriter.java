package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.MaskedCrc32c;
import dev.belay.savedmodel.tensor.Shapes;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorSliceProto;
import org.tensorflow.proto.framework.VersionDef;
import org.tensorflow.proto.util.BundleEntryProto;
import org.tensorflow.proto.util.BundleHeaderProto;

/**
 * Writes a checkpoint of one data file, as TensorFlow does, byte for byte. Tensors go to the disk
 * as they come; {@link #commit} writes the index, without which there is no checkpoint.
 *
 * <p>It owns the data file's channel: close it. Closed without a commit, it removes what it wrote.
 */
public final class BundleWriter implements Closeable {
  private static final int FORMAT_VERSION = 1;

  private final Path index;
  private final Path data;
  private final FileChannel channel;
  private final SortedMap<ByteString, BundleEntryProto> entries =
      new TreeMap<>(IndexTable.KEY_ORDER);
  private boolean indexBegun;
  private boolean committed;

  private BundleWriter(Path index, Path data, FileChannel channel) {
    this.index = index;
    this.data = data;
    this.channel = channel;
  }

  /**
   * Begins a checkpoint.
   *
   * @param prefix its path without {@code .index}; the folder must exist, the files must not
   */
  public static BundleWriter create(Path prefix) throws IOException {
    Path data = BundleFiles.shard(prefix, 0, 1);
    FileChannel channel =
        FileChannel.open(data, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return new BundleWriter(BundleFiles.index(prefix), data, channel);
  }

  /**
   * Writes a numeric tensor.
   *
   * @param elements what remains in it: the elements row by row, little-endian; its position stays
   * @throws IllegalArgumentException if the name was used before or the bytes do not fit the type
   *     and shape
   */
  public void add(String name, TensorSpec spec, ByteBuffer elements) throws IOException {
    add(key(name), "tensor '" + name + "'", spec, elements);
  }

  /**
   * Writes a string tensor.
   *
   * @param shape fully defined
   * @param elements row by row
   * @throws IllegalArgumentException if the name was used before or the shape asks for another
   *     number of elements
   */
  public void addStrings(String name, Shape shape, List<byte[]> elements) throws IOException {
    TensorSpec spec = new TensorSpec(DataType.DT_STRING, shape);
    if (spec.elements() != elements.size()) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' of " + spec + " with " + elements.size() + " strings");
    }
    ByteString key = key(name);
    requireNew(key, "tensor '" + name + "'");
    StringTensor.Encoded encoded = StringTensor.encode(elements);
    BundleEntryProto.Builder entry = entry(spec, encoded.size(), encoded.checksum());
    write(encoded.head());
    for (byte[] element : elements) {
      write(ByteBuffer.wrap(element));
    }
    entries.put(key, entry.build());
  }

  /**
   * Writes one part of a partitioned numeric tensor. The parts must make up the whole, which the
   * reader checks.
   *
   * @param whole type and shape of the whole
   * @param elements of the part, row by row, little-endian
   */
  public void addSlice(String name, TensorSpec whole, TensorSlice slice, ByteBuffer elements)
      throws IOException {
    TensorSpec part = new TensorSpec(whole.dtype(), slice.shapeIn(whole.shape()));
    if (part.equals(whole)) {
      add(name, whole, elements);
      return;
    }
    String what = "slice " + slice + " of tensor '" + name + "'";
    BundleEntryProto before = entries.get(key(name));
    BundleEntryProto.Builder entry =
        before != null
            ? before.toBuilder()
            : BundleEntryProto.newBuilder()
                .setDtype(whole.dtype())
                .setShape(Shapes.toProto(whole.shape()));
    if (before != null
        && (before.getSlicesCount() == 0
            || before.getDtype() != whole.dtype()
            || !before.getShape().equals(Shapes.toProto(whole.shape())))) {
      throw new IllegalArgumentException(what + " of " + whole + ": written before as another");
    }
    add(OrderedCode.sliceKey(name, slice), what, part, elements);
    entries.put(key(name), entry.addSlices(proto(slice)).build());
  }

  /** Writes the index and brings both files to the disk. Nothing can be added after it. */
  public void commit() throws IOException {
    channel.force(true);
    TableWriter table = new TableWriter();
    table.add(
        ByteString.EMPTY,
        BundleHeaderProto.newBuilder()
            .setNumShards(1)
            .setVersion(VersionDef.newBuilder().setProducer(FORMAT_VERSION))
            .build()
            .toByteString());
    entries.forEach((key, entry) -> table.add(key, entry.toByteString()));
    try (FileChannel out =
        FileChannel.open(index, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      indexBegun = true;
      writeAll(out, ByteBuffer.wrap(table.finish()));
      out.force(true);
    }
    committed = true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!committed) {
      if (indexBegun) {
        Files.deleteIfExists(index);
      }
      Files.deleteIfExists(data);
    }
  }

  private void add(ByteString key, String what, TensorSpec spec, ByteBuffer elements)
      throws IOException {
    if (!spec.isNumeric() || spec.bytes() != elements.remaining()) {
      throw new IllegalArgumentException(
          what + " of " + spec + " with " + elements.remaining() + " bytes");
    }
    requireNew(key, what);
    BundleEntryProto.Builder entry = entry(spec, elements.remaining(), MaskedCrc32c.of(elements));
    write(elements.duplicate());
    entries.put(key, entry.build());
  }

  private void requireNew(ByteString key, String what) {
    if (committed) {
      throw new IllegalStateException(what + ": the checkpoint is committed");
    }
    if (entries.containsKey(key)) {
      throw new IllegalArgumentException(what + ": written before");
    }
  }

  private BundleEntryProto.Builder entry(TensorSpec spec, long size, int checksum)
      throws IOException {
    return BundleEntryProto.newBuilder()
        .setDtype(spec.dtype())
        .setShape(Shapes.toProto(spec.shape()))
        .setOffset(channel.position())
        .setSize(size)
        .setCrc32C(checksum);
  }

  private void write(ByteBuffer bytes) throws IOException {
    writeAll(channel, bytes);
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteString key(String name) {
    if (name.isEmpty() || name.charAt(0) == 0) {
      throw new IllegalArgumentException("a tensor needs a name: '" + name + "'");
    }
    return ByteString.copyFromUtf8(name);
  }

  private static TensorSliceProto proto(TensorSlice slice) {
    TensorSliceProto.Builder proto = TensorSliceProto.newBuilder();
    for (TensorSlice.Extent extent : slice.extents()) {
      TensorSliceProto.Extent.Builder range = TensorSliceProto.Extent.newBuilder();
      if (!extent.isFull()) {
        range.setStart(extent.start()).setLength(extent.length());
      }
      proto.addExtent(range);
    }
    return proto.build();
  }
}
