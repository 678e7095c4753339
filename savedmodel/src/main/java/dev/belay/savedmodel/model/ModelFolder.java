package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds the folder of a SavedModel from what a person points at. */
final class ModelFolder {
  static final String FILE = "saved_model.pb";
  private static final String NESTED = "saved_model";

  private ModelFolder() {}

  /**
   * The folder that holds saved_model.pb: the one given, the one version below it, or the one below
   * its {@code saved_model}, as Hugging Face writes it.
   *
   * @throws CorruptModelException if there is none, or more than one; the message lists them
   */
  static Path find(Path given) throws IOException {
    Path folder =
        given.getFileName() != null && given.getFileName().toString().equals(FILE)
            ? given.toAbsolutePath().getParent()
            : given;
    if (Files.isRegularFile(folder.resolve(FILE))) {
      return folder;
    }
    List<Path> candidates = new ArrayList<>();
    for (Path parent : List.of(folder, folder.resolve(NESTED))) {
      if (parent != folder && Files.isRegularFile(parent.resolve(FILE))) {
        candidates.add(parent);
      }
      candidates.addAll(versions(parent));
    }
    if (candidates.size() > 1) {
      throw new CorruptModelException(
          folder, "folder", "one SavedModel; name one of them", "several: " + candidates);
    }
    if (candidates.isEmpty()) {
      throw new CorruptModelException(
          folder.resolve(FILE),
          "file",
          "a SavedModel here, in one version folder below, or in saved_model/1",
          Files.exists(folder) ? "no such file" : "no such folder");
    }
    return candidates.get(0);
  }

  private static List<Path> versions(Path parent) throws IOException {
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(parent)) {
      return children
          .filter(child -> child.getFileName().toString().matches("[0-9]+"))
          .filter(child -> Files.isRegularFile(child.resolve(FILE)))
          .sorted()
          .toList();
    }
  }
}
