package dev.belay.train.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Kernel files that describe the machine.
 *
 * @param root {@code /}, or a folder in its place
 */
record MachineFiles(Path root) {

  /** The trimmed text of a file; empty if it is not there or may not be read. */
  Optional<String> text(String file) {
    try {
      return Optional.of(Files.readString(path(file), StandardCharsets.ISO_8859_1).trim());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The value in the first line with this start, after a colon or an equals sign. */
  Optional<String> value(String file, String key) {
    return text(file).stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).replaceFirst("^\\s*[:=]\\s*", "").trim())
        .map(value -> value.replaceAll("^\"|\"$", ""))
        .findFirst();
  }

  boolean exists(String file) {
    return Files.exists(path(file));
  }

  /** Names in a folder, sorted; none if there is no such folder. */
  List<String> names(String folder) {
    try (Stream<Path> files = Files.list(path(folder))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private Path path(String file) {
    return root.resolve(file.replaceFirst("^/+", ""));
  }
}
