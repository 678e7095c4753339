package dev.belay.savedmodel.export;

import com.google.protobuf.UnknownFieldSet;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes a copy of a SavedModel with other values in its variables; everything else is unchanged.
 */
final class VariableReplacement {
  /** The parts of a SavedModel besides its variables; nothing else is copied. */
  private static final List<String> COPIED =
      List.of(
          ModelFiles.SAVED_MODEL,
          ModelFiles.KERAS_METADATA,
          ModelFiles.ASSETS,
          ModelFiles.ASSETS_EXTRA,
          "debug");

  private static final String FINGERPRINT = "fingerprint.pb";

  /** Fields of TensorFlow's FingerprintDef that describe the old values and the old save. */
  private static final List<Integer> STALE_FINGERPRINTS = List.of(5, 7);

  private final Path source;
  private final NamedTensors newValues;
  private final BundleContents original;

  VariableReplacement(Path source, NamedTensors newValues) throws IOException {
    this.source = source;
    this.newValues = newValues;
    this.original = BundleReader.open(SavedModelWriter.variablesPrefix(source));
    requireFitting();
  }

  /** The size in bytes of a model when it is written again. */
  static long bytes(Path source) throws IOException {
    List<String> names = new ArrayList<>(COPIED);
    names.add(SavedModelWriter.variablesPrefix(source).getParent().getFileName().toString());
    long bytes = 0;
    for (String name : names) {
      if (Files.exists(source.resolve(name))) {
        for (Path path : tree(source.resolve(name))) {
          bytes += Files.isRegularFile(path) ? Files.size(path) : 0;
        }
      }
    }
    return bytes;
  }

  void writeInto(Path directory) throws IOException {
    for (String name : COPIED) {
      if (Files.exists(source.resolve(name))) {
        copyTree(source.resolve(name), directory.resolve(name));
      }
    }
    if (Files.exists(source.resolve(FINGERPRINT))) {
      Files.write(directory.resolve(FINGERPRINT), fingerprint(source.resolve(FINGERPRINT)));
    }
    Path prefix = SavedModelWriter.variablesPrefix(directory);
    Files.createDirectory(prefix.getParent());
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      for (String key : original.namesInFileOrder()) {
        write(writer, key);
      }
      writer.commit();
    }
  }

  private void write(BundleWriter writer, String key) throws IOException {
    TensorSpec spec = original.spec(key);
    if (!spec.isNumeric()) {
      writer.addStrings(key, spec.shape(), original.readStrings(key));
      return;
    }
    NamedTensors values = newValues.names().contains(key) ? newValues : original;
    List<TensorSlice> slices = original.slices(key);
    if (slices.isEmpty()) {
      writer.add(key, spec, values.pieces(key));
      return;
    }
    ByteBuffer whole = values.read(key);
    for (TensorSlice slice : slices) {
      writer.addSlice(key, spec, slice, slice.cutFrom(spec, whole));
    }
  }

  private void requireFitting() {
    List<String> problems = new ArrayList<>();
    for (String key : newValues.names()) {
      if (!original.names().contains(key)) {
        problems.add("'" + key + "' is not in the checkpoint");
        continue;
      }
      TensorSpec before = original.spec(key);
      TensorSpec now = newValues.spec(key);
      if (!before.isNumeric()) {
        problems.add("'" + key + "' holds strings");
      } else if (before.bytes() != now.bytes()) {
        problems.add(
            "'%s' is %s, %d bytes, the new value is %s, %d bytes"
                .formatted(key, before, before.bytes(), now, now.bytes()));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "new values do not fit the variables of " + source + ": " + String.join("; ", problems));
    }
  }

  /** Keeps what remains valid: the hashes of graph, signatures and objects. */
  private static byte[] fingerprint(Path file) throws IOException {
    UnknownFieldSet.Builder fields =
        UnknownFieldSet.parseFrom(Files.readAllBytes(file)).toBuilder();
    STALE_FINGERPRINTS.forEach(fields::clearField);
    return fields.build().toByteArray();
  }

  private static void copyTree(Path from, Path to) throws IOException {
    for (Path path : tree(from)) {
      Files.copy(path, to.resolve(from.relativize(path).toString()));
    }
  }

  /** Links are followed: model hubs keep the files of a model elsewhere and link to them. */
  private static List<Path> tree(Path root) throws IOException {
    try (Stream<Path> walk = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      return walk.toList();
    }
  }
}
