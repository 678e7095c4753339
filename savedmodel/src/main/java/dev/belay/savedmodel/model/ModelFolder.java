package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds the folder of a SavedModel from the path that the user gives. */
final class ModelFolder {

  private ModelFolder() {}

  /**
   * The folder that holds saved_model.pb: the given one, its only version, or the only version in
   * its {@code saved_model}, as Hugging Face writes it.
   *
   * @throws CorruptModelException if there is none, or more than one; the message lists them
   */
  static Path find(Path given) throws IOException {
    Path folder =
        given.getFileName() != null && given.getFileName().toString().equals(ModelFiles.SAVED_MODEL)
            ? given.toAbsolutePath().getParent()
            : given;
    if (Files.isRegularFile(folder.resolve(ModelFiles.SAVED_MODEL))) {
      return folder;
    }
    List<Path> candidates = new ArrayList<>();
    for (Path parent : List.of(folder, folder.resolve(ModelFiles.NESTED))) {
      if (parent != folder && Files.isRegularFile(parent.resolve(ModelFiles.SAVED_MODEL))) {
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
          folder.resolve(ModelFiles.SAVED_MODEL),
          "file",
          "a SavedModel here, in one version folder below, or in saved_model/1",
          Files.exists(folder) ? "no such file" : "no such folder");
    }
    return candidates.get(0);
  }

  /**
   * Refuses files that are links out of the model: their targets would be read, trained and
   * exported as part of the model.
   *
   * @param name of a folder of the model
   * @throws CorruptModelException if a file in it is such a link
   */
  static void requireInside(Path model, String name) throws IOException {
    Path folder = model.resolve(name);
    if (!Files.isDirectory(folder)) {
      return;
    }
    Path root = model.toRealPath();
    try (Stream<Path> children = Files.list(folder)) {
      for (Path file : children.filter(Files::isRegularFile).sorted().toList()) {
        Path real = file.toRealPath();
        if (!real.startsWith(root)) {
          throw new CorruptModelException(
              file,
              "file",
              "a file of the model's own folder (cp -rL copies a model with what its links lead"
                  + " to)",
              "a link out of it, to " + real);
        }
      }
    }
  }

  private static List<Path> versions(Path parent) throws IOException {
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(parent)) {
      return children
          .filter(child -> child.getFileName().toString().matches("[0-9]+"))
          .filter(child -> Files.isRegularFile(child.resolve(ModelFiles.SAVED_MODEL)))
          .sorted()
          .toList();
    }
  }
}
