package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.FileRegion;
import dev.belay.savedmodel.MaskedCrc32c;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tensorflow.proto.framework.DataType;

/**
 * Tensors of a checkpoint whose index was validated; see {@link BundleReader#open}.
 *
 * <p>It holds no file open. Each read opens the shard it needs and checks the tensor's checksum. A
 * large tensor is mapped, not copied: its file must not be shortened while the buffer is in use.
 * Threads may read at the same time.
 */
public final class BundleContents implements NamedTensors {
  private static final int VERIFY_BYTES = 1 << 20;

  private static final long MAX_TENSOR_BYTES = Integer.MAX_VALUE;

  private final Path prefix;
  private final int shards;
  private final Map<String, BundleEntry> tensors;
  private final Map<ByteString, BundleEntry> entries;

  BundleContents(
      Path prefix,
      int shards,
      Map<String, BundleEntry> tensors,
      Map<ByteString, BundleEntry> entries) {
    this.prefix = prefix;
    this.shards = shards;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }

  /** All names, sorted by their bytes; a partitioned tensor has one. */
  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return entry(name).spec();
  }

  /** The parts in which a partitioned tensor is stored; empty for any other. */
  public List<TensorSlice> slices(String name) {
    return entry(name).slices();
  }

  /** The names in the order of their bytes in the data files. */
  public List<String> namesInFileOrder() {
    return tensors.keySet().stream()
        .sorted(Comparator.comparing(this::firstPlace, BundleEntry.FILE_ORDER))
        .toList();
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    BundleEntry entry = entry(name);
    requireNumeric(name, entry);
    if (!entry.isPartitioned()) {
      return readNumeric(where(name), entry);
    }
    requireReadable(where(name), entry, entry.spec().bytes());
    ByteBuffer whole = littleEndian(ByteBuffer.allocate((int) entry.spec().bytes()));
    for (TensorSlice slice : entry.slices()) {
      slice.pasteInto(entry.spec(), readNumeric(where(name, slice), part(name, slice)), whole);
    }
    return whole;
  }

  /**
   * One part of a numeric tensor, row by row, little-endian.
   *
   * @throws IOException if the file cannot be read or is damaged
   * @throws IllegalArgumentException if there is no tensor of that name, it holds strings, or the
   *     slice is not within it
   */
  public ByteBuffer readSlice(String name, TensorSlice slice) throws IOException {
    BundleEntry entry = entry(name);
    requireNumeric(name, entry);
    TensorSlice wanted = slice.resolve(entry.spec().shape());
    for (TensorSlice stored : entry.slices()) {
      if (stored.resolve(entry.spec().shape()).equals(wanted)) {
        return readNumeric(where(name, stored), part(name, stored));
      }
    }
    return wanted.cutFrom(entry.spec(), read(name));
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    BundleEntry entry = entry(name);
    if (entry.spec().dtype() != DataType.DT_STRING) {
      throw new IllegalArgumentException("tensor '" + name + "' is " + entry.spec());
    }
    if (!entry.isPartitioned()) {
      return readStrings(where(name), entry);
    }
    requireReadable(where(name), entry, entry.spec().elements());
    List<byte[]> whole =
        new ArrayList<>(Collections.nCopies((int) entry.spec().elements(), new byte[0]));
    for (TensorSlice slice : entry.slices()) {
      List<byte[]> part = readStrings(where(name, slice), part(name, slice));
      slice.forEachRun(
          entry.spec().shape(),
          (wholeStart, partStart, elements) -> {
            for (long i = 0; i < elements; i++) {
              whole.set((int) (wholeStart + i), part.get((int) (partStart + i)));
            }
          });
    }
    return whole;
  }

  /**
   * Reads every byte of every tensor and verifies its checksum. Call it before any other class
   * reads the files.
   *
   * @throws CorruptModelException for the first tensor that differs from the index
   */
  public void verifyAll() throws IOException {
    List<Map.Entry<ByteString, BundleEntry>> stored = new ArrayList<>(entries.entrySet());
    stored.removeIf(entry -> entry.getValue().isPartitioned());
    stored.sort(Comparator.comparing(entry -> entry.getValue().place(), BundleEntry.FILE_ORDER));
    for (Map.Entry<ByteString, BundleEntry> entry : stored) {
      String where = "entry " + IndexTable.show(entry.getKey());
      if (entry.getValue().spec().isNumeric()) {
        verifyNumeric(where, entry.getValue());
      } else {
        readStrings(where, entry.getValue());
      }
    }
  }

  private void verifyNumeric(String where, BundleEntry entry) throws IOException {
    BundleEntry.Place place = entry.place();
    Path file = shard(entry);
    CRC32C crc = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(VERIFY_BYTES, place.size()));
    try (FileChannel channel = FileChannel.open(file)) {
      for (long done = 0; done < place.size(); done += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), place.size() - done));
        region(where, entry).fill(channel, done, buffer);
        crc.update(buffer.flip());
      }
    }
    StringTensor.checkSum(file, where, entry.checksum(), MaskedCrc32c.mask(crc));
  }

  private List<byte[]> readStrings(String where, BundleEntry entry) throws IOException {
    return StringTensor.decode(shard(entry), where, entry, readBytes(where, entry));
  }

  private ByteBuffer readNumeric(String where, BundleEntry entry) throws IOException {
    ByteBuffer bytes = readBytes(where, entry);
    StringTensor.checkSum(shard(entry), where, entry.checksum(), MaskedCrc32c.of(bytes));
    return bytes;
  }

  private ByteBuffer readBytes(String where, BundleEntry entry) throws IOException {
    requireReadable(where, entry, entry.place().size());
    return region(where, entry).read();
  }

  private FileRegion region(String where, BundleEntry entry) {
    return new FileRegion(shard(entry), where, entry.place().offset(), entry.place().size());
  }

  private void requireReadable(String where, BundleEntry entry, long bytes)
      throws CorruptModelException {
    if (bytes > MAX_TENSOR_BYTES) {
      throw new CorruptModelException(
          BundleFiles.index(prefix),
          where,
          "a tensor of less than 2 GB, the most that Belay reads at once",
          entry.spec() + ", " + bytes + " bytes");
    }
  }

  private static void requireNumeric(String name, BundleEntry entry) {
    if (!entry.spec().isNumeric()) {
      throw new IllegalArgumentException("tensor '" + name + "' is " + entry.spec());
    }
  }

  private BundleEntry entry(String name) {
    BundleEntry entry = tensors.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no tensor '" + name + "' in checkpoint " + prefix);
    }
    return entry;
  }

  private BundleEntry part(String name, TensorSlice slice) {
    return entries.get(OrderedCode.sliceKey(name, slice));
  }

  private BundleEntry.Place firstPlace(String name) {
    BundleEntry entry = entry(name);
    return entry.slices().stream()
        .map(slice -> part(name, slice).place())
        .min(BundleEntry.FILE_ORDER)
        .orElse(entry.place());
  }

  private Path shard(BundleEntry entry) {
    return BundleFiles.shard(prefix, entry.place().shard(), shards);
  }

  private static String where(String name) {
    return "entry '" + name + "'";
  }

  private static String where(String name, TensorSlice slice) {
    return where(name) + ", slice " + slice;
  }

  private static ByteBuffer littleEndian(ByteBuffer buffer) {
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }
}
