package dev.belay.savedmodel.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors as the format's own library does, byte for byte: widest elements first, then
 * by name, the header padded so that the elements are aligned.
 */
public final class SafetensorsWriter {
  /** The size at which Hugging Face begins a second file. */
  public static final long DEFAULT_SHARD_BYTES = 10L << 30;

  private static final int ALIGNMENT = 8;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private SafetensorsWriter() {}

  /**
   * Writes all tensors into one file.
   *
   * @param file must not exist
   * @param metadata metadata of the file; Hugging Face needs {@code format: pt}
   * @throws IllegalArgumentException if the format lacks the element type of a tensor
   */
  public static void write(Path file, NamedTensors tensors, Map<String, String> metadata)
      throws IOException {
    write(file, tensors, metadata, List.copyOf(tensors.names()));
  }

  /**
   * Writes a folder's weights: {@code model.safetensors}, or from {@code shardBytes} on {@code
   * model-00001-of-0000N.safetensors} with {@code model.safetensors.index.json}.
   *
   * @param folder must exist and hold none of these files
   * @param shardBytes limit in bytes for a file that holds more than one tensor
   */
  public static void writeModel(
      Path folder, NamedTensors tensors, Map<String, String> metadata, long shardBytes)
      throws IOException {
    List<List<String>> shards = shards(tensors, shardBytes);
    if (shards.size() <= 1) {
      write(folder.resolve(ModelFiles.SAFETENSORS), tensors, metadata);
      return;
    }
    Map<String, String> fileOfTensor = new TreeMap<>();
    long bytes = 0;
    for (int shard = 0; shard < shards.size(); shard++) {
      String name = String.format("model-%05d-of-%05d.safetensors", shard + 1, shards.size());
      write(folder.resolve(name), tensors, metadata, shards.get(shard));
      for (String tensor : shards.get(shard)) {
        fileOfTensor.put(tensor, name);
        bytes += tensors.spec(tensor).bytes();
      }
    }
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("metadata", Map.of("total_size", bytes));
    index.put("weight_map", fileOfTensor);
    Files.write(
        folder.resolve("model" + SafetensorsReader.INDEX_SUFFIX),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(index),
        StandardOpenOption.CREATE_NEW);
  }

  private static List<List<String>> shards(NamedTensors tensors, long shardBytes) {
    List<List<String>> shards = new ArrayList<>();
    long bytes = 0;
    for (String name : tensors.names()) {
      long next = tensors.spec(name).bytes();
      if (shards.isEmpty() || bytes + next > shardBytes) {
        shards.add(new ArrayList<>());
        bytes = 0;
      }
      shards.get(shards.size() - 1).add(name);
      bytes += next;
    }
    return shards;
  }

  private static void write(
      Path file, NamedTensors tensors, Map<String, String> metadata, List<String> names)
      throws IOException {
    List<String> ordered = new ArrayList<>(names);
    ordered.sort(
        Comparator.comparing(
                (String name) -> ElementTypes.rank(tensors.spec(name).dtype()),
                Comparator.reverseOrder())
            .thenComparing(Comparator.naturalOrder()));
    byte[] header = header(tensors, metadata, ordered);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, length.putLong(0, header.length));
      writeAll(channel, ByteBuffer.wrap(header));
      for (String name : ordered) {
        long begin = channel.position();
        tensors.pieces(name).forEach(piece -> writeAll(channel, piece.duplicate()));
        long bytes = channel.position() - begin;
        if (bytes != tensors.spec(name).bytes()) {
          throw new IllegalArgumentException(
              "tensor '%s' of %s with %d bytes".formatted(name, tensors.spec(name), bytes));
        }
      }
      channel.force(true);
    }
  }

  private static byte[] header(
      NamedTensors tensors, Map<String, String> metadata, List<String> ordered) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode said = header.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(said::put);
    }
    long offset = 0;
    for (String name : ordered) {
      TensorSpec spec = tensors.spec(name);
      ObjectNode entry = header.putObject(name);
      entry.put("dtype", ElementTypes.name(spec.dtype()));
      ArrayNode shape = entry.putArray("shape");
      Arrays.stream(spec.shape().asArray()).forEach(shape::add);
      long end = Math.addExact(offset, spec.bytes());
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = JSON.writeValueAsBytes(header);
    byte[] padded = Arrays.copyOf(text, (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
