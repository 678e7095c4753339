package dev.belay.savedmodel.bundle;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.VersionDef;
import org.tensorflow.proto.util.BundleHeaderProto;

/**
 * Reads and validates the index of a TensorFlow checkpoint: its table, its header, every entry, and
 * that every byte that an entry claims is in the data files and belongs to no other entry.
 *
 * <p>The bytes of the tensors are verified by their checksums when they are read, or all at once by
 * {@link BundleContents#verifyAll}.
 */
public final class BundleReader {
  private static final int FORMAT_VERSION = 1;

  private BundleReader() {}

  /**
   * Opens a checkpoint.
   *
   * @param prefix its path without {@code .index}
   * @throws CorruptModelException if any part of the index is invalid, or a data file is missing
   * @throws IOException if a file cannot be read
   */
  public static BundleContents open(Path prefix) throws IOException {
    Path index = BundleFiles.index(prefix);
    if (!Files.exists(index) && Files.isRegularFile(prefix)) {
      throw new CorruptModelException(
          prefix,
          "file",
          "the prefix of a checkpoint's .index and .data files",
          "one file, as TensorFlow 0.x wrote them: save it again with tf.train.Saver");
    }
    requireFile(index, "the index of a checkpoint");
    List<Block.Entry> table = IndexTable.read(index);
    int shards = readHeader(index, table);
    EntryCheck check = new EntryCheck(index, shardBytes(prefix, shards));
    Map<ByteString, BundleEntry> entries = new LinkedHashMap<>();
    for (Block.Entry raw : table.subList(1, table.size())) {
      entries.put(raw.key(), check.check(raw));
    }
    Map<String, BundleEntry> tensors = tensors(index, entries);
    checkSlices(index, entries, tensors);
    checkNoSharedBytes(index, entries);
    return new BundleContents(prefix, shards, tensors, entries);
  }

  private static void requireFile(Path file, String expected) throws CorruptModelException {
    if (!Files.isRegularFile(file)) {
      throw new CorruptModelException(file, "file", expected, "no such file");
    }
  }

  /** Returns the number of shards. The header is the first entry, under the empty key. */
  private static int readHeader(Path index, List<Block.Entry> table) throws CorruptModelException {
    if (table.isEmpty() || !table.get(0).key().isEmpty()) {
      throw new CorruptModelException(
          index, "first entry", "the header under the empty key", "none");
    }
    BundleHeaderProto header;
    try {
      header = BundleHeaderProto.parseFrom(table.get(0).value());
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(index, "header", "a BundleHeaderProto", e.getMessage());
    }
    if (header.getEndianness() != BundleHeaderProto.Endianness.LITTLE) {
      throw new CorruptModelException(
          index, "header", "little-endian tensors", "" + header.getEndianness());
    }
    VersionDef version = header.getVersion();
    if (version.getMinConsumer() > FORMAT_VERSION
        || version.getBadConsumersList().contains(FORMAT_VERSION)
        || version.getProducer() < 0) {
      throw new CorruptModelException(
          index,
          "header",
          "a format that readers of version " + FORMAT_VERSION + " may read",
          "producer "
              + version.getProducer()
              + ", least reader "
              + version.getMinConsumer()
              + ", excluded readers "
              + version.getBadConsumersList());
    }
    if (header.getNumShards() < 1) {
      throw new CorruptModelException(
          index, "header", "1 shard or more", header.getNumShards() + " shards");
    }
    return header.getNumShards();
  }

  private static long[] shardBytes(Path prefix, int shards) throws IOException {
    // Look for the files before allocating anything for the number that the header claims.
    for (int shard = 0; shard < shards; shard++) {
      Path file = BundleFiles.shard(prefix, shard, shards);
      requireFile(file, "data shard " + shard + " of " + shards);
    }
    long[] bytes = new long[shards];
    for (int shard = 0; shard < shards; shard++) {
      bytes[shard] = Files.size(BundleFiles.shard(prefix, shard, shards));
    }
    return bytes;
  }

  private static Map<String, BundleEntry> tensors(Path index, Map<ByteString, BundleEntry> entries)
      throws CorruptModelException {
    Map<String, BundleEntry> tensors = new LinkedHashMap<>();
    for (Map.Entry<ByteString, BundleEntry> entry : entries.entrySet()) {
      if (!OrderedCode.isSliceKey(entry.getKey())) {
        tensors.put(name(index, entry.getKey()), entry.getValue());
      }
    }
    return tensors;
  }

  private static String name(Path index, ByteString key) throws CorruptModelException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(key.asReadOnlyByteBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptModelException(
          index, "entry " + IndexTable.show(key), "a name in UTF-8", "bytes that are not");
    }
  }

  /**
   * Checks that every part of a partitioned tensor exists with its shape, and that there are no
   * other parts.
   */
  private static void checkSlices(
      Path index, Map<ByteString, BundleEntry> entries, Map<String, BundleEntry> tensors)
      throws CorruptModelException {
    Set<ByteString> wanted = new HashSet<>();
    for (Map.Entry<String, BundleEntry> tensor : tensors.entrySet()) {
      BundleEntry whole = tensor.getValue();
      for (TensorSlice slice : whole.slices()) {
        ByteString key = OrderedCode.sliceKey(tensor.getKey(), slice);
        wanted.add(key);
        BundleEntry part = entries.get(key);
        TensorSpec expected =
            new TensorSpec(whole.spec().dtype(), slice.shapeIn(whole.spec().shape()));
        if (part == null || part.isPartitioned() || !part.spec().equals(expected)) {
          throw new CorruptModelException(
              index,
              "entry '" + tensor.getKey() + "', slice " + slice,
              "an entry of " + expected,
              part == null ? "none" : part.spec() + (part.isPartitioned() ? " in slices" : ""));
        }
      }
    }
    for (ByteString key : entries.keySet()) {
      if (OrderedCode.isSliceKey(key) && !wanted.contains(key)) {
        throw new CorruptModelException(
            index, "entry " + IndexTable.show(key), "a slice of a tensor", "a slice of none");
      }
    }
  }

  /** Refuses tensors that share bytes; otherwise a small file could claim any amount of data. */
  private static void checkNoSharedBytes(Path index, Map<ByteString, BundleEntry> entries)
      throws CorruptModelException {
    List<Map.Entry<ByteString, BundleEntry>> stored = new ArrayList<>();
    for (Map.Entry<ByteString, BundleEntry> entry : entries.entrySet()) {
      if (!entry.getValue().isPartitioned() && entry.getValue().place().size() > 0) {
        stored.add(entry);
      }
    }
    stored.sort(Comparator.comparing(entry -> entry.getValue().place(), BundleEntry.FILE_ORDER));
    for (int i = 1; i < stored.size(); i++) {
      BundleEntry.Place before = stored.get(i - 1).getValue().place();
      BundleEntry.Place place = stored.get(i).getValue().place();
      long end = before.offset() + before.size();
      if (before.shard() == place.shard() && end > place.offset()) {
        throw new CorruptModelException(
            index,
            "entry " + IndexTable.show(stored.get(i).getKey()),
            "an offset from "
                + end
                + ", where "
                + IndexTable.show(stored.get(i - 1).getKey())
                + " ends",
            "offset " + place.offset());
      }
    }
  }
}
