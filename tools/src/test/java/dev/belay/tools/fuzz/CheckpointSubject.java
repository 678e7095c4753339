package dev.belay.tools.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tensorflow.proto.util.BundleEntryProto;
import org.tensorflow.proto.util.BundleHeaderProto;

/**
 * A TensorFlow checkpoint: its bytes broken, which checksums must find, and its index broken with
 * the checksums made right again, which only the checks of its content can find.
 */
final class CheckpointSubject implements Subject {
  private final String name;
  private final String prefix;
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final Map<String, byte[]> values = new LinkedHashMap<>();

  /** Whether the checksums are as they were, so that no change of a value may pass. */
  private boolean checksumsStand;

  CheckpointSubject(String name, Path prefix) throws IOException {
    this.name = "checkpoint:" + name;
    this.prefix = prefix.getFileName().toString();
    try (Stream<Path> found = Files.list(prefix.toAbsolutePath().getParent())) {
      for (Path file : found.sorted().toList()) {
        String fileName = file.getFileName().toString();
        if (fileName.startsWith(this.prefix + ".data") || fileName.equals(this.prefix + ".index")) {
          files.put(fileName, Files.readAllBytes(file));
        }
      }
    }
    BundleContents contents = BundleReader.open(prefix);
    for (String tensor : contents.names()) {
      values.put(tensor, value(contents, tensor));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    prepare(folder);
    Path index = folder.resolve(prefix + ".index");
    checksumsStand = dice.chance(35);
    if (checksumsStand) {
      String file = dice.of(List.copyOf(files.keySet()));
      ByteMutation.Changed changed = ByteMutation.of(dice, files.get(file));
      Files.write(folder.resolve(file), changed.bytes());
      return file + ": " + changed.what();
    }
    List<IndexBytes.Entry> entries =
        new ArrayList<>(IndexBytes.entries(files.get(index.getFileName().toString())));
    List<String> what = new ArrayList<>();
    for (int i = 0; i <= dice.below(2); i++) {
      what.add(entry(dice, entries));
    }
    Files.write(index, IndexBytes.of(entries));
    return String.join("; ", what);
  }

  private static String entry(Dice dice, List<IndexBytes.Entry> entries) {
    if (entries.isEmpty()) {
      return "no entries";
    }
    int at = dice.below(entries.size());
    IndexBytes.Entry entry = entries.get(at);
    switch (dice.below(8)) {
      case 0 -> {
        entries.remove(at);
        return "entry " + at + " removed";
      }
      case 1 -> {
        entries.add(at, entry);
        return "entry " + at + " twice";
      }
      case 2 -> {
        ByteString key =
            dice.chance(50)
                ? ByteString.copyFromUtf8(dice.oddText())
                : ByteString.copyFrom(ByteMutation.of(dice, entry.key().toByteArray()).bytes());
        entries.set(at, new IndexBytes.Entry(key, entry.value()));
        return "entry " + at + " with another key";
      }
      case 3 -> {
        IndexBytes.Entry other = entries.get(dice.below(entries.size()));
        entries.set(at, new IndexBytes.Entry(entry.key(), other.value()));
        return "entry " + at + " with the value of another";
      }
      case 4 -> {
        byte[] value = ByteMutation.of(dice, entry.value().toByteArray()).bytes();
        entries.set(at, new IndexBytes.Entry(entry.key(), ByteString.copyFrom(value)));
        return "entry " + at + " with other bytes";
      }
      default -> {
        return message(dice, entries, at);
      }
    }
  }

  private static String message(Dice dice, List<IndexBytes.Entry> entries, int at) {
    IndexBytes.Entry entry = entries.get(at);
    try {
      Message.Builder value =
          at == 0
              ? BundleHeaderProto.parseFrom(entry.value()).toBuilder()
              : BundleEntryProto.parseFrom(entry.value()).toBuilder();
      String what = MessageMutation.of(dice, value);
      entries.set(at, new IndexBytes.Entry(entry.key(), value.build().toByteString()));
      return "entry " + at + ": " + what;
    } catch (InvalidProtocolBufferException e) {
      return "entry " + at + " as an earlier change left it";
    }
  }

  @Override
  public void read(Path folder) throws IOException {
    BundleContents contents = BundleReader.open(folder.resolve(prefix));
    contents.verifyAll();
    for (String tensor : contents.names()) {
      byte[] read = value(contents, tensor);
      if (checksumsStand && !java.util.Arrays.equals(read, values.get(tensor))) {
        throw new IllegalStateException("another value of " + tensor + " was not noticed");
      }
    }
    if (checksumsStand && !contents.names().equals(values.keySet())) {
      throw new IllegalStateException("other names were not noticed");
    }
  }

  private static byte[] value(BundleContents contents, String tensor) throws IOException {
    if (contents.spec(tensor).isNumeric()) {
      ByteBuffer bytes = contents.read(tensor);
      byte[] value = new byte[bytes.remaining()];
      bytes.get(value);
      return value;
    }
    return ByteString.copyFrom(
            contents.readStrings(tensor).stream().map(ByteString::copyFrom).toList())
        .toByteArray();
  }
}
