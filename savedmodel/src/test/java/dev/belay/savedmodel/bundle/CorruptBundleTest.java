package dev.belay.savedmodel.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that were broken on purpose; some of them TensorFlow itself accepts, or dies of. */
class CorruptBundleTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** What the message must say, where the case is about one thing that has a name. */
  private static final Map<String, String> SAYS =
      Map.ofEntries(
          Map.entry("index_30_bytes", "length: expected a table of at least 48 bytes, found 30"),
          Map.entry("data_missing_shard", "data shard 0 of 1, found no such file"),
          Map.entry("data_bit_flip", "query/kernel': expected bytes with checksum"),
          Map.entry("index_bit_flip", "block at byte 0: expected checksum"),
          Map.entry("wrong_magic", "magic number of the table: expected db4775248b80fb57"),
          Map.entry("overlong_varint_handle", "expected a varint of at most 64 bits"),
          Map.entry("huge_varint_handle", "found 18446744073709551615 + 18446744073709551615"),
          Map.entry("entry_size_2e62", "found size 4611686018427387904"),
          Map.entry("entry_offset_negative", "found offset -8"),
          Map.entry("dim_negative", "found dimension 0 of -5"),
          Map.entry("dims_wrap_to_zero", "expected a size that 63 bits can count"),
          Map.entry("dims_300", "expected at most 254 dimensions, found 300 dimensions"),
          Map.entry("unknown_rank", "found a shape of unknown rank"),
          Map.entry("dtype_unknown", "found number 87"),
          Map.entry("shard_id_out_of_range", "expected a shard below 1, found shard 7"),
          Map.entry("num_shards_2", "data-00000-of-00002"),
          Map.entry("num_shards_zero", "expected 1 shard or more, found 0 shards"),
          Map.entry("big_endian", "expected little-endian tensors, found BIG"),
          Map.entry("version_too_new", "least reader 99"),
          Map.entry("header_missing", "expected the header under the empty key"),
          Map.entry("duplicate_key", "expected a key after it"),
          Map.entry("shared_prefix_lie", "expected at most 0 bytes, found 200 bytes"),
          Map.entry("num_restarts_huge", "found 2147483648"),
          Map.entry("compression_unknown", "found compression 9"),
          Map.entry("compression_snappy_lie", "found Snappy"),
          Map.entry("key_not_utf8", "expected a name in UTF-8"));

  static Stream<JsonNode> cases() throws IOException {
    JsonNode all = Fixtures.json(Fixtures.path("corrupt", "cases.json"));
    return StreamSupport.stream(all.spliterator(), false)
        .filter(node -> node.get("kind").textValue().equals("checkpoint"));
  }

  /** A case more or less in the file must be noticed: the parametrised test would not. */
  @Test
  void thereAreAllCases() throws IOException {
    assertEquals(45, cases().count());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isRefusedOrLoads(JsonNode node) {
    String name = node.get("name").textValue();
    Path prefix = Fixtures.path("corrupt").resolve(node.get("path").textValue());
    if (name.startsWith("ok_")) {
      assertTimeoutPreemptively(LIMIT, () -> readAll(prefix));
      return;
    }
    CorruptModelException refusal =
        assertTimeoutPreemptively(
            LIMIT, () -> assertThrows(CorruptModelException.class, () -> readAll(prefix)));
    String message = refusal.getMessage();
    assertTrue(message.startsWith(prefix.toString()), message);
    assertTrue(message.contains(SAYS.getOrDefault(name, "expected")), message);
  }

  private static void readAll(Path prefix) throws IOException {
    BundleContents contents = BundleReader.open(prefix);
    contents.verifyAll();
    for (String tensor : contents.names()) {
      if (contents.spec(tensor).isNumeric()) {
        contents.read(tensor);
      } else {
        contents.readStrings(tensor);
      }
    }
  }
}
