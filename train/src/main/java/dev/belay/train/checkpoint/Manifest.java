package dev.belay.train.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.WrittenFile;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code manifest.json}: size and SHA-256 of every other file of a checkpoint. It is written last,
 * so a checkpoint with a manifest that holds is whole.
 *
 * @param format of the checkpoint, {@link #FORMAT}
 * @param files by name
 */
record Manifest(int format, SortedMap<String, Entry> files) {
  static final String NAME = "manifest.json";
  static final int FORMAT = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /** Expected size and hash of one file. */
  record Entry(long bytes, String sha256) {}

  /** Of the files that were written. */
  static Manifest of(List<WrittenFile> written) {
    SortedMap<String, Entry> entries = new TreeMap<>();
    for (WrittenFile file : written) {
      entries.put(file.path().getFileName().toString(), new Entry(file.bytes(), file.sha256()));
    }
    return new Manifest(FORMAT, entries);
  }

  void write(Path directory) throws IOException {
    Files.write(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  /**
   * Reads the manifest and holds every file against it.
   *
   * @param needed files without which the directory is no checkpoint, whatever the manifest says
   * @throws CorruptModelException if one is missing or is another
   */
  static void verify(Path directory, List<String> needed) throws IOException {
    Manifest manifest = read(directory.resolve(NAME));
    for (String name : needed) {
      if (!manifest.files().containsKey(name)) {
        throw new CorruptModelException(
            directory.resolve(NAME), "files", name + " among them", manifest.files().keySet() + "");
      }
    }
    for (Map.Entry<String, Entry> file : manifest.files().entrySet()) {
      verify(directory.resolve(file.getKey()), file.getValue());
    }
  }

  private static Manifest read(Path file) throws IOException {
    try {
      Manifest manifest = JSON.readValue(Files.readAllBytes(file), Manifest.class);
      if (manifest.format() != FORMAT || manifest.files() == null) {
        throw new CorruptModelException(
            file, "format", "a manifest of format " + FORMAT, "format " + manifest.format());
      }
      return manifest;
    } catch (NoSuchFileException e) {
      throw new CorruptModelException(
          file, "checkpoint", "the manifest that ends every checkpoint", "no such file");
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "a manifest", e.getOriginalMessage());
    }
  }

  private static void verify(Path file, Entry entry) throws IOException {
    if (entry == null || !Files.isRegularFile(file)) {
      throw new CorruptModelException(
          file, "file", "what manifest.json says of it", entry == null ? "null" : "no such file");
    }
    if (Files.size(file) != entry.bytes()) {
      throw new CorruptModelException(
          file, "size", entry.bytes() + " bytes as in manifest.json", Files.size(file) + " bytes");
    }
    String found = Provenance.sha256(file);
    if (!found.equals(entry.sha256())) {
      throw new CorruptModelException(
          file, "SHA-256", entry.sha256() + " as in manifest.json", found);
    }
  }
}
