package dev.belay.savedmodel.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Files that are named by an index of weights, and are not there. */
final class MissingShards {
  private static final long MOST_BYTES = 100_000_000;

  private MissingShards() {}

  /** The missing files that indexes of a folder name, each with its index. */
  static String of(Path folder) throws IOException {
    StringBuilder missing = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (file.getFileName().toString().endsWith(".index.json")) {
          Set<String> absent = absent(file);
          if (!absent.isEmpty()) {
            missing
                .append("; ")
                .append(file.getFileName())
                .append(" names files that are missing: ")
                .append(String.join(", ", absent))
                .append(", so download these first");
          }
        }
      }
    }
    return missing.toString();
  }

  private static Set<String> absent(Path index) throws IOException {
    Set<String> absent = new TreeSet<>();
    if (Files.size(index) <= MOST_BYTES) {
      try {
        new ObjectMapper()
            .readTree(index.toFile())
            .path("weight_map")
            .forEach(name -> absent.add(name.asText()));
      } catch (JsonProcessingException e) {
        return Set.of();
      }
    }
    absent.removeIf(name -> name.indexOf(0) >= 0 || Files.exists(index.resolveSibling(name)));
    return absent;
  }
}
