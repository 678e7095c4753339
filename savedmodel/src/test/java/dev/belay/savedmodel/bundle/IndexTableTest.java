package dev.belay.savedmodel.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.MaskedCrc32c;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("long")
class IndexTableTest {
  private static Path folder;

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("index-table");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  @Property(tries = 200)
  void anyTableComesBack(@ForAll @Size(max = 60) Map<byte[], byte[]> random) throws IOException {
    SortedMap<ByteString, ByteString> entries = new TreeMap<>(IndexTable.KEY_ORDER);
    random.forEach((k, v) -> entries.put(ByteString.copyFrom(k), ByteString.copyFrom(v)));
    Path file = folder.resolve("table");
    TableWriter writer = new TableWriter();
    entries.forEach(writer::add);
    Files.write(file, writer.finish());
    List<Block.Entry> expected = new ArrayList<>();
    entries.forEach((key, value) -> expected.add(new Block.Entry(key, value)));
    assertEquals(expected, IndexTable.read(file));
  }

  /**
   * An index with a byte changed anywhere, and right checksums all the same, is refused or read: no
   * other exception, and no memory for what it claims.
   */
  @Property(tries = 2000)
  void aChangedByteIsRefusedOrHarmless(@ForAll @IntRange(max = 1000) int at, @ForAll byte value)
      throws IOException {
    Path source = Fixtures.path("corrupt", "checkpoint", "ok_control").resolve("model.ckpt");
    Path prefix = folder.resolve("changed");
    Path shard = BundleFiles.shard(prefix, 0, 1);
    if (!Files.exists(shard)) {
      Files.copy(BundleFiles.shard(source, 0, 1), shard);
    }
    ByteBuffer index =
        ByteBuffer.wrap(Files.readAllBytes(BundleFiles.index(source)))
            .order(ByteOrder.LITTLE_ENDIAN);
    Footer footer = Footer.read(source, index);
    int size = firstBlockSize(index, footer);
    index.put(at % size, value);
    index.putInt(size + 1, MaskedCrc32c.of(index.slice(0, size + 1)));
    Files.write(BundleFiles.index(prefix), index.array());
    try {
      BundleReader.open(prefix).verifyAll();
    } catch (CorruptModelException e) {
      assertTrue(e.getMessage().startsWith(folder.toString()), e.getMessage());
    }
  }

  private static int firstBlockSize(ByteBuffer index, Footer footer) throws IOException {
    List<Block.Entry> blocks =
        Block.read(Path.of("index"), index, footer.index(), index.limit() - Footer.BYTES).entries();
    Cursor cursor = new Cursor(Path.of("index"), blocks.get(0).value().asReadOnlyByteBuffer(), 0);
    return (int) BlockHandle.read(cursor, "first block's").size();
  }

  /** The code's purpose: bytes sort as the numbers do. */
  @Property
  void sliceKeysSortAsTheirNumbers(
      @ForAll @LongRange(min = 0) long left, @ForAll @LongRange(min = 0) long right) {
    assertEquals(
        Integer.signum(Long.compare(left, right)),
        Integer.signum(
            IndexTable.KEY_ORDER.compare(
                OrderedCode.sliceKey("v", TensorSlice.of(left, 1)),
                OrderedCode.sliceKey("v", TensorSlice.of(right, 1)))));
  }

  /** The examples in the comments of TensorFlow's ordered_code.cc, within whole keys. */
  @Test
  void sliceKeysAsTensorFlowWritesThem() {
    assertEquals("00" + "760001" + "0101" + "80" + "7f", key("v", 0, -1));
    assertEquals("00" + "760001" + "0101" + "f0424242" + "c040", key("v", 0x424242, 64));
    assertEquals("00" + "0001" + "0101" + "bf" + "81", key("", 63, 1));
    assertEquals("00" + "c3bf0001" + "0101" + "80" + "c096", key("\u00ff", 0, 150));
  }

  private static String key(String name, long... startsAndLengths) {
    return HexFormat.of()
        .formatHex(OrderedCode.sliceKey(name, TensorSlice.of(startsAndLengths)).toByteArray());
  }
}
