package dev.belay.tools.fuzz;

import dev.belay.savedmodel.hdf5.Hdf5Reader;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of weights of Hugging Face or Keras. What it says of itself is broken more than weights.
 */
final class WeightFileSubject implements Subject {
  private static final int LENGTH_BYTES = Long.BYTES;

  private final String name;
  private final String file;
  private final byte[] bytes;

  WeightFileSubject(String name, Path file) throws IOException {
    this.name = (name.endsWith(".h5") ? "h5:" : "safetensors:") + name;
    this.file = file.getFileName().toString();
    this.bytes = Files.readAllBytes(file);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    Files.write(folder.resolve(file), bytes);
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    ByteMutation.Changed changed = isHdf5() ? hdf5(dice) : safetensors(dice);
    Files.write(folder.resolve(file), changed.bytes());
    return changed.what();
  }

  private boolean isHdf5() {
    return name.startsWith("h5:");
  }

  /** A header that is still JSON and as long as it says, one that is not, or any byte. */
  private ByteMutation.Changed safetensors(Dice dice) throws IOException {
    ByteBuffer start = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(start.getLong());
    byte[] header = new byte[length];
    start.get(header);
    int choice = dice.below(100);
    if (choice < 15) {
      return ByteMutation.of(dice, bytes);
    }
    if (choice < 25) {
      long claimed = dice.number();
      return new ByteMutation.Changed(
          ByteMutation.splice(bytes, 0, LENGTH_BYTES, littleEndian(claimed)),
          "a header of " + claimed + " bytes");
    }
    ByteMutation.Changed changed =
        choice < 75 ? JsonMutation.of(dice, header) : TextMutation.of(dice, header);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(littleEndian(changed.bytes().length));
    out.write(changed.bytes());
    out.write(bytes, LENGTH_BYTES + length, bytes.length - LENGTH_BYTES - length);
    return new ByteMutation.Changed(out.toByteArray(), "header: " + changed.what());
  }

  /** Most of a file are weights: what is broken lies near a structure, or is the start. */
  private ByteMutation.Changed hdf5(Dice dice) {
    int at = structure(dice);
    return switch (dice.below(5)) {
      case 0 -> ByteMutation.of(dice, bytes);
      case 1 -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << dice.below(Byte.SIZE));
        yield new ByteMutation.Changed(flipped, "a bit flipped at " + at);
      }
      case 2 -> {
        long number = dice.number();
        int length = 1 << dice.below(4);
        byte[] instead = new byte[length];
        System.arraycopy(littleEndian(number), 0, instead, 0, length);
        yield new ByteMutation.Changed(
            ByteMutation.splice(bytes, at, Math.min(bytes.length, at + length), instead),
            number + " in " + length + " bytes at " + at);
      }
      case 3 -> {
        int from = structure(dice);
        int length = 8 * (1 + dice.below(8));
        byte[] copy = bytes.clone();
        int most = Math.min(length, bytes.length - Math.max(at, from));
        System.arraycopy(bytes, from, copy, at, most);
        yield new ByteMutation.Changed(copy, "bytes of " + from + " at " + at);
      }
      default -> {
        byte[] noise = dice.bytes(1 + dice.below(16));
        yield new ByteMutation.Changed(
            ByteMutation.splice(bytes, at, Math.min(bytes.length, at + noise.length), noise),
            "noise at " + at);
      }
    };
  }

  /** A place within a few hundred bytes after the signature of a tree, a heap or a node. */
  private int structure(Dice dice) {
    byte[] signature =
        dice.of(java.util.List.of("TREE", "HEAP", "SNOD", "GCOL", "\u0089HDF"))
            .getBytes(StandardCharsets.ISO_8859_1);
    int begin = dice.below(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      int at = (begin + i) % bytes.length;
      if (matches(signature, at)) {
        return Math.min(bytes.length - 1, at + dice.below(600));
      }
    }
    return begin;
  }

  private boolean matches(byte[] signature, int at) {
    return at + signature.length <= bytes.length
        && java.util.Arrays.equals(
            bytes, at, at + signature.length, signature, 0, signature.length);
  }

  private static byte[] littleEndian(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  @Override
  public void read(Path folder) throws IOException {
    Path path = folder.resolve(file);
    NamedTensors tensors = isHdf5() ? Hdf5Reader.open(path) : SafetensorsReader.open(path);
    for (String tensor : tensors.names()) {
      long expected = tensors.spec(tensor).bytes();
      long found = tensors.read(tensor).remaining();
      if (found != expected) {
        throw new IllegalStateException(
            tensor + ": " + found + " bytes instead of " + expected + " were not noticed");
      }
    }
  }
}
