package dev.belay.tools.fuzz;

import dev.belay.savedmodel.MaskedCrc32c;
import dev.belay.savedmodel.record.ExampleReader;
import dev.belay.savedmodel.record.RecordReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.tensorflow.proto.example.Example;

/** A TFRecord file of examples, plain or compressed, with right checksums or wrong ones. */
final class RecordSubject implements Subject {
  private static final String FILE = "train.tf_record";
  private static final int BOMB_BYTES = 300 << 20;

  private final String name;
  private final byte[] file;
  private final List<byte[]> records = new ArrayList<>();

  RecordSubject(String name, Path file) throws IOException {
    this.name = "record:" + name;
    this.file = Files.readAllBytes(file);
    try (RecordReader reader = RecordReader.open(file)) {
      for (Optional<byte[]> next = reader.next(); next.isPresent(); next = reader.next()) {
        records.add(next.get());
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    Files.write(folder.resolve(FILE), file);
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    Path target = folder.resolve(FILE);
    int choice = dice.below(100);
    if (choice < 35) {
      ByteMutation.Changed changed = ByteMutation.of(dice, file);
      Files.write(target, changed.bytes());
      return changed.what();
    }
    if (choice < 37) {
      Files.write(target, bomb(dice));
      return "a bomb";
    }
    if (choice < 45) {
      long length = dice.number();
      Files.write(target, ByteMutation.splice(header(length), 12, 12, dice.bytes(50)));
      return "a record of " + length + " bytes that is not there";
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String what = "";
    int at = dice.below(records.size());
    for (int i = 0; i < records.size(); i++) {
      byte[] record = records.get(i);
      if (i == at) {
        if (dice.chance(50)) {
          Example.Builder example = Example.parseFrom(record).toBuilder();
          what = "record " + i + ": " + MessageMutation.of(dice, example);
          record = example.build().toByteArray();
        } else {
          ByteMutation.Changed changed = ByteMutation.of(dice, record);
          what = "record " + i + ": " + changed.what();
          record = changed.bytes();
        }
      }
      write(out, record);
    }
    Files.write(target, compressed(dice, out.toByteArray()));
    return what;
  }

  private static byte[] compressed(Dice dice, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (dice.below(4)) {
      case 0 -> {
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
          zip.write(bytes);
        }
      }
      case 1 -> {
        try (DeflaterOutputStream zip = new DeflaterOutputStream(out)) {
          zip.write(bytes);
        }
      }
      default -> out.write(bytes);
    }
    return out.toByteArray();
  }

  /** A few hundred kilobytes that become hundreds of megabytes. */
  private static byte[] bomb(Dice dice) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(header(dice.chance(50) ? BOMB_BYTES : ExampleReader.MAX_EXAMPLE_BYTES));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < BOMB_BYTES / zeros.length; i++) {
        zip.write(zeros);
      }
    }
    return out.toByteArray();
  }

  private static byte[] header(long length) {
    ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    return bytes.putInt(MaskedCrc32c.of(ByteBuffer.wrap(bytes.array(), 0, 8))).array();
  }

  private static void write(ByteArrayOutputStream out, byte[] record) throws IOException {
    out.write(header(record.length));
    out.write(record);
    out.write(IndexBytes.fixed32(MaskedCrc32c.of(ByteBuffer.wrap(record))));
  }

  @Override
  public void read(Path folder) throws IOException {
    try (ExampleReader reader = ExampleReader.open(folder.resolve(FILE))) {
      while (reader.next().isPresent()) {
        // All of them.
      }
    }
  }
}
