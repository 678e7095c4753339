package dev.belay.savedmodel.safetensors;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.FileRegion;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Validated header of one file: it is JSON, every tensor has the bytes that its type and shape
 * need, and all of them together are the rest of the file, with no byte left over and none shared.
 *
 * <p>Source: the format's description in huggingface/safetensors, which demands all of this.
 */
final class SafetensorsHeader {
  static final String METADATA = "__metadata__";
  private static final int LENGTH_BYTES = Long.BYTES;

  /** The limit of the format's own reader. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final int MAX_RANK = 254;

  private static final Set<String> FIELDS = Set.of("dtype", "shape", "data_offsets");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path file;
  private final long dataStart;
  private final long dataBytes;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private SafetensorsHeader(Path file, long dataStart, long dataBytes) {
    this.file = file;
    this.dataStart = dataStart;
    this.dataBytes = dataBytes;
  }

  /**
   * Reads the header of a file.
   *
   * @throws CorruptModelException if any part of it is invalid
   */
  static SafetensorsHeader read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CorruptModelException(file, "file", "a safetensors file", "no such file");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size < LENGTH_BYTES) {
        throw new CorruptModelException(
            file, "byte 0", "8 bytes with the length of the header", "a file of " + size);
      }
      ByteBuffer lengthField = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      new FileRegion(file, "length of the header", 0, LENGTH_BYTES).fill(channel, 0, lengthField);
      long length = lengthField.getLong(0);
      if (Long.compareUnsigned(length, MAX_HEADER_BYTES) > 0 || length > size - LENGTH_BYTES) {
        throw new CorruptModelException(
            file,
            "byte 0",
            "a header of at most "
                + Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES)
                + " bytes (the file has "
                + size
                + ")",
            Long.toUnsignedString(length) + " bytes");
      }
      FileRegion region = new FileRegion(file, "header", LENGTH_BYTES, length);
      ByteBuffer bytes = ByteBuffer.allocate((int) length);
      region.fill(channel, 0, bytes);
      long dataStart = LENGTH_BYTES + length;
      SafetensorsHeader header = new SafetensorsHeader(file, dataStart, size - dataStart);
      header.parse(bytes.flip());
      header.checkLayout();
      return header;
    }
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** The tensors in the header's order. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  private void parse(ByteBuffer bytes) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptModelException(
          file, "header, byte " + (LENGTH_BYTES + bytes.position()), "UTF-8", "another byte");
    }
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JacksonException e) {
      long at = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
      throw new CorruptModelException(
          file, "header, byte " + (LENGTH_BYTES + at), "JSON", e.getOriginalMessage());
    }
    if (!root.isObject()) {
      throw refused("header", "a JSON object", root.getNodeType().toString());
    }
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        readMetadata(field.getValue());
      } else {
        tensors.put(field.getKey(), tensor("tensor '" + field.getKey() + "'", field.getValue()));
      }
    }
  }

  private void readMetadata(JsonNode node) throws CorruptModelException {
    if (!node.isObject()) {
      throw refused(METADATA, "an object of strings", node.getNodeType().toString());
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw refused(
            METADATA + ", '" + field.getKey() + "'", "a string", field.getValue().toString());
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private StoredTensor tensor(String where, JsonNode node) throws IOException {
    List<String> fields = node.properties().stream().map(Map.Entry::getKey).toList();
    if (!node.isObject() || !Set.copyOf(fields).equals(FIELDS)) {
      throw refused(
          where,
          "an object with dtype, shape and data_offsets",
          node.isObject() ? fields.toString() : node.getNodeType().toString());
    }
    DataType dtype = dtype(where, node.get("dtype"));
    long[] shape = numbers(where + ", shape", node.get("shape"));
    long[] offsets = numbers(where + ", data_offsets", node.get("data_offsets"));
    if (shape.length > MAX_RANK) {
      throw refused(where, "at most " + MAX_RANK + " dimensions", "" + shape.length);
    }
    if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes) {
      throw refused(
          where + ", data_offsets",
          "begin and end with 0 <= begin <= end <= " + dataBytes + ", the bytes after the header",
          node.get("data_offsets").toString());
    }
    TensorSpec spec = new TensorSpec(dtype, Shape.of(shape));
    long bytes = offsets[1] - offsets[0];
    if (!hasBytes(spec, bytes)) {
      throw refused(where, "the bytes of " + spec, bytes + " bytes");
    }
    return new StoredTensor(spec, new FileRegion(file, where, dataStart + offsets[0], bytes));
  }

  private DataType dtype(String where, JsonNode node) throws IOException {
    String name = node.isTextual() ? node.textValue() : node.toString();
    if (ElementTypes.UNSUPPORTED.contains(name)) {
      throw new UnsupportedModelException(
          file,
          where,
          "elements of type "
              + name
              + ", which TensorFlow 2.10 does not know; save the model again in bfloat16 or"
              + " float32");
    }
    return ElementTypes.parse(name)
        .orElseThrow(() -> refused(where + ", dtype", "one of " + ElementTypes.names(), name));
  }

  private long[] numbers(String where, JsonNode node) throws CorruptModelException {
    if (!node.isArray()) {
      throw refused(where, "a list of numbers", node.toString());
    }
    long[] numbers = new long[node.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode number = node.get(i);
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        throw refused(where, "whole numbers from 0 to 2^63 - 1", number.toString());
      }
      numbers[i] = number.longValue();
    }
    return numbers;
  }

  private static boolean hasBytes(TensorSpec spec, long bytes) {
    try {
      return spec.bytes() == bytes;
    } catch (ArithmeticException tooMany) {
      return false;
    }
  }

  /**
   * Checks that the tensors fill the file end to end, so that none overlaps and no byte is hidden.
   */
  private void checkLayout() throws CorruptModelException {
    List<Map.Entry<String, StoredTensor>> byPlace = new ArrayList<>(tensors.entrySet());
    byPlace.sort(
        Comparator.comparingLong(
                (Map.Entry<String, StoredTensor> entry) -> entry.getValue().region().offset())
            .thenComparingLong(entry -> entry.getValue().region().size()));
    long at = dataStart;
    String before = "the header";
    for (Map.Entry<String, StoredTensor> entry : byPlace) {
      FileRegion region = entry.getValue().region();
      if (region.offset() != at) {
        throw refused(
            region.where(),
            "its first byte at " + at + ", right after " + before,
            "byte " + region.offset() + (region.offset() < at ? ", shared bytes" : ", a gap"));
      }
      at += region.size();
      before = region.where();
    }
    long end = dataStart + dataBytes;
    if (at != end) {
      throw refused("byte " + at, "the end of the file after " + before, (end - at) + " bytes");
    }
  }

  private CorruptModelException refused(String where, String expected, String found) {
    int shown = 200;
    String cut = found.length() > shown ? found.substring(0, shown) + "..." : found;
    return new CorruptModelException(file, where, expected, cut);
  }
}
