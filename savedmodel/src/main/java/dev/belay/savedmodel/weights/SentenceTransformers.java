package dev.belay.savedmodel.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recognizes folders of sentence-transformers: modules.json lists the modules that a text passes
 * through. The first is a transformer, whose files are in the folder itself or in one below.
 */
public final class SentenceTransformers {
  private static final long MOST_BYTES = 1 << 20;

  private SentenceTransformers() {}

  /** The folder of the transformer below such a folder; empty if there is none. */
  static Optional<Path> transformer(Path folder) throws IOException {
    for (JsonNode module : modules(folder)) {
      String path = module.path("path").asText();
      if (module.path("type").asText().endsWith("Transformer")
          && path.matches("[\\w-]+")
          && Files.isDirectory(folder.resolve(path))) {
        return Optional.of(folder.resolve(path));
      }
    }
    return Optional.empty();
  }

  /** The folder of modules.json: that of a transformer, or the one above it. */
  static Optional<Path> root(Path folder) throws IOException {
    if (!modules(folder).isEmpty()) {
      return Optional.of(folder);
    }
    Path parent = folder.toAbsolutePath().getParent();
    boolean above = parent != null && transformer(parent).isPresent();
    return above ? Optional.of(parent) : Optional.empty();
  }

  /**
   * The parts of such a model that a head of one transformer does not read, for people.
   *
   * @param folder of the weights
   * @return empty if they are not those of sentence-transformers
   */
  public static Optional<String> note(Path folder) throws IOException {
    Optional<Path> root = root(folder);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    List<String> others =
        modules(root.get()).stream()
            .map(SentenceTransformers::type)
            .filter(type -> !type.equals("Transformer"))
            .toList();
    return others.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "a model of sentence-transformers: its transformer is used, and its modules "
                + String.join(", ", others)
                + " are not; heads of Belay read the tokens as Hugging Face's do");
  }

  /** The class of a module, without its package. */
  static String type(JsonNode module) {
    return module.path("type").asText().replaceAll(".*\\.", "");
  }

  static List<JsonNode> modules(Path folder) throws IOException {
    Path file = folder.resolve(ModelFiles.MODULES);
    List<JsonNode> modules = new ArrayList<>();
    if (Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES) {
      try {
        new ObjectMapper().readTree(file.toFile()).forEach(modules::add);
      } catch (JsonProcessingException e) {
        return List.of();
      }
    }
    return modules;
  }
}
