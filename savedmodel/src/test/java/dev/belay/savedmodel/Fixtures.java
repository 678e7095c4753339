package dev.belay.savedmodel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the models and goldens that real Python wrote, whichever module's tests ask. */
public final class Fixtures {
  private static final Path LOCATION = Path.of("savedmodel", "src", "test", "fixtures");
  private static final Path ROOT = findRoot();

  private Fixtures() {}

  /**
   * A fixture's file or folder, such as {@code path("savedmodel_keras_bert", "saved_model")}.
   *
   * @throws IllegalArgumentException if it is not there
   */
  public static Path path(String first, String... more) {
    Path path = ROOT.resolve(Path.of(first, more));
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("no fixture " + path);
    }
    return path;
  }

  /** The folders within a fixture, such as {@code deberta/texts}, by name. */
  public static List<String> within(String fixture) {
    try (Stream<Path> folders = Files.list(path(fixture))) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> fixture + "/" + folder.getFileName())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JSON file; floats in it are the shortest decimals that read back to the same double. */
  public static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  /**
   * A number of a golden: JSON has no name for what is not finite, so those are the strings "NaN",
   * "Infinity" and "-Infinity".
   */
  public static double number(JsonNode node) {
    if (node.isTextual()) {
      return Double.parseDouble(node.textValue());
    }
    if (!node.isNumber()) {
      throw new IllegalArgumentException("not a number: " + node);
    }
    return node.doubleValue();
  }

  private static Path findRoot() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve(LOCATION))) {
        return folder.resolve(LOCATION);
      }
    }
    throw new IllegalStateException("no " + LOCATION + " in or above " + start);
  }
}
