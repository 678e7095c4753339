package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.MaskedCrc32c;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.Shapes;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorSliceProto;
import org.tensorflow.proto.framework.VersionDef;
import org.tensorflow.proto.util.BundleEntryProto;
import org.tensorflow.proto.util.BundleHeaderProto;

/**
 * Writes a checkpoint of one data file, as TensorFlow does, byte for byte. Tensors are written as
 * they arrive; {@link #commit} writes the index, without which there is no checkpoint.
 *
 * <p>It owns the data file and the threads that hash and sync it: close it. Closed without a
 * commit, it removes what it wrote. Until it is closed, those threads may read the elements passed
 * to it, so these must not change.
 */
public final class BundleWriter implements Closeable {
  private static final int FORMAT_VERSION = 1;

  private final Path index;
  private final Path path;
  private final DataFile data;
  private final SortedMap<ByteString, BundleEntryProto> entries =
      new TreeMap<>(IndexTable.KEY_ORDER);
  private boolean indexBegun;
  private boolean committed;

  private BundleWriter(Path index, Path path, DataFile data) {
    this.index = index;
    this.path = path;
    this.data = data;
  }

  /**
   * Begins a checkpoint.
   *
   * @param prefix its path without {@code .index}; the folder must exist, the files must not
   */
  public static BundleWriter create(Path prefix) throws IOException {
    Path path = BundleFiles.shard(prefix, 0, 1);
    return new BundleWriter(BundleFiles.index(prefix), path, DataFile.create(path));
  }

  /**
   * Writes a numeric tensor.
   *
   * @param elements the remaining elements, row by row, little-endian; its position does not change
   * @throws IllegalArgumentException if the name was used before or the bytes do not fit the type
   *     and shape
   */
  public void add(String name, TensorSpec spec, ByteBuffer elements) throws IOException {
    add(key(name), "tensor '" + name + "'", spec, elements);
  }

  /**
   * Writes a numeric tensor piece by piece. If it fails, do not commit the checkpoint.
   *
   * @throws IllegalArgumentException if the name was used before or the bytes do not fit the type
   *     and shape
   */
  public void add(String name, TensorSpec spec, TensorPieces elements) throws IOException {
    add(key(name), "tensor '" + name + "'", spec, elements);
  }

  /** Writes all tensors, which must be numeric, under their names. */
  public void addAll(NamedTensors tensors) throws IOException {
    for (String name : tensors.names()) {
      add(name, tensors.spec(name), tensors.pieces(name));
    }
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
    BundleEntryProto.Builder entry =
        entry(spec, data.position(), encoded.size(), encoded.checksum());
    data.write(encoded.head());
    for (byte[] element : elements) {
      data.write(ByteBuffer.wrap(element));
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

  /**
   * Writes the index and syncs both files to disk. Nothing can be added afterwards.
   *
   * @return the index and the data file
   */
  public List<WrittenFile> commit() throws IOException {
    WrittenFile dataFile = data.finish();
    TableWriter table = new TableWriter();
    table.add(
        ByteString.EMPTY,
        BundleHeaderProto.newBuilder()
            .setNumShards(1)
            .setVersion(VersionDef.newBuilder().setProducer(FORMAT_VERSION))
            .build()
            .toByteString());
    entries.forEach((key, entry) -> table.add(key, entry.toByteString()));
    WrittenFile indexFile;
    try (DataFile out = DataFile.create(index)) {
      indexBegun = true;
      out.write(ByteBuffer.wrap(table.finish()));
      indexFile = out.finish();
    }
    committed = true;
    return List.of(indexFile, dataFile);
  }

  @Override
  public void close() throws IOException {
    data.close();
    if (!committed) {
      if (indexBegun) {
        Files.deleteIfExists(index);
      }
      Files.deleteIfExists(path);
    }
  }

  private void add(ByteString key, String what, TensorSpec spec, ByteBuffer elements)
      throws IOException {
    requireBytes(what, spec, elements.remaining());
    add(key, what, spec, TensorPieces.of(elements));
  }

  private void add(ByteString key, String what, TensorSpec spec, TensorPieces elements)
      throws IOException {
    requireNew(key, what);
    long offset = data.position();
    CRC32C checksum = new CRC32C();
    elements.forEach(piece -> data.write(piece, checksum));
    long bytes = data.position() - offset;
    requireBytes(what, spec, bytes);
    entries.put(key, entry(spec, offset, bytes, MaskedCrc32c.mask(checksum)).build());
  }

  private static void requireBytes(String what, TensorSpec spec, long bytes) {
    if (!spec.isNumeric() || spec.bytes() != bytes) {
      throw new IllegalArgumentException(what + " of " + spec + " with " + bytes + " bytes");
    }
  }

  private void requireNew(ByteString key, String what) {
    if (committed) {
      throw new IllegalStateException(what + ": the checkpoint is committed");
    }
    if (entries.containsKey(key)) {
      throw new IllegalArgumentException(what + ": written before");
    }
  }

  private static BundleEntryProto.Builder entry(
      TensorSpec spec, long offset, long size, int checksum) {
    return BundleEntryProto.newBuilder()
        .setDtype(spec.dtype())
        .setShape(Shapes.toProto(spec.shape()))
        .setOffset(offset)
        .setSize(size)
        .setCrc32C(checksum);
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
