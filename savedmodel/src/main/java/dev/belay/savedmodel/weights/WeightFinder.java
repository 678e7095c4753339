package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.bundle.BundleFiles;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.hdf5.Hdf5Reader;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the weights at a path. */
public final class WeightFinder {

  /** The files that Hugging Face loads from a folder, in its order: the first that exists. */
  private static final List<String> HUGGING_FACE =
      List.of(
          ModelFiles.SAFETENSORS,
          "model" + SafetensorsReader.INDEX_SUFFIX,
          ModelFiles.KERAS_WEIGHTS,
          ModelFiles.KERAS_INDEX);

  private WeightFinder() {}

  /**
   * The weights that a path refers to.
   *
   * @param path a file, a folder, or the prefix of a checkpoint
   * @param format the required format; empty: any
   * @throws UnsupportedModelException if it holds nothing that Belay knows, or several things; the
   *     message lists them
   * @throws NoSuchFileException if there is nothing
   */
  public static WeightLocation find(Path path, Optional<WeightFormat> format) throws IOException {
    ForeignFormat.refuseStandIns(path);
    List<WeightLocation> candidates =
        candidates(path).stream()
            .filter(found -> format.isEmpty() || found.format() == format.get())
            .toList();
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    String wanted = format.map(WeightFormat::description).orElse("weights");
    if (candidates.isEmpty()) {
      String where = Files.isDirectory(path) ? "folder" : "file";
      Optional<String> foreign = ForeignFormat.describe(path);
      if (foreign.isPresent()) {
        throw new UnsupportedModelException(path, where, foreign.get());
      }
      throw new UnsupportedModelException(
          path,
          where,
          "no "
              + wanted.replaceFirst("^an? ", "")
              + " here; expected a SavedModel, a folder with config.json and model.safetensors or"
              + " tf_model.h5, a .safetensors or .h5 file, or the prefix of a checkpoint's .index"
              + " and .data files");
    }
    throw new UnsupportedModelException(
        path,
        "folder",
        "holds several models; name one of them: "
            + String.join(", ", candidates.stream().map(WeightLocation::toString).toList()));
  }

  /**
   * All weights that a path may refer to.
   *
   * @throws NoSuchFileException if there is nothing
   */
  public static List<WeightLocation> candidates(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      List<WeightLocation> found = inFolder(path);
      Optional<Path> transformer = SentenceTransformers.transformer(path);
      return found.isEmpty() && transformer.isPresent() ? inFolder(transformer.get()) : found;
    }
    Optional<Path> prefix = prefix(path);
    if (prefix.isPresent()) {
      return List.of(checkpoint(prefix.get()));
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    String name = path.getFileName().toString();
    Path folder = path.toAbsolutePath().getParent();
    if (name.equals(ModelFiles.SAVED_MODEL)) {
      return List.of(savedModel(folder));
    }
    if (name.endsWith(SafetensorsReader.SUFFIX) || name.endsWith(SafetensorsReader.INDEX_SUFFIX)) {
      return List.of(location(WeightFormat.SAFETENSORS, path, folder));
    }
    return name.endsWith(Hdf5Reader.SUFFIX)
            || name.endsWith(".hdf5")
            || name.endsWith(Hdf5Reader.INDEX_SUFFIX)
        ? List.of(location(WeightFormat.HDF5, path, folder))
        : List.of();
  }

  /** The prefix of the checkpoint that a path is, or is a file of. */
  public static Optional<Path> prefix(Path path) {
    String name = path.getFileName().toString();
    String prefix = name;
    if (name.endsWith(BundleFiles.INDEX)) {
      prefix = name.substring(0, name.length() - BundleFiles.INDEX.length());
    } else if (name.contains(BundleFiles.DATA)) {
      prefix = name.substring(0, name.lastIndexOf(BundleFiles.DATA));
    }
    Path candidate = path.resolveSibling(prefix);
    return !prefix.isEmpty() && Files.isRegularFile(path.resolveSibling(prefix + BundleFiles.INDEX))
        ? Optional.of(candidate)
        : Optional.empty();
  }

  private static List<WeightLocation> inFolder(Path folder) throws IOException {
    List<WeightLocation> found = new ArrayList<>(savedModels(folder));
    Optional<WeightLocation> huggingFace = huggingFace(folder);
    huggingFace.ifPresent(found::add);
    for (Path file : files(folder)) {
      String name = file.getFileName().toString();
      if (name.endsWith(BundleFiles.INDEX)) {
        found.add(checkpoint(file.resolveSibling(name.substring(0, name.length() - 6))));
      } else if (huggingFace.isEmpty() && name.endsWith(SafetensorsReader.INDEX_SUFFIX)) {
        found.add(location(WeightFormat.SAFETENSORS, file, folder));
      } else if (huggingFace.isEmpty()
          && name.endsWith(SafetensorsReader.SUFFIX)
          && !isShard(name)) {
        found.add(location(WeightFormat.SAFETENSORS, file, folder));
      } else if (huggingFace.isEmpty()
          && (name.endsWith(Hdf5Reader.INDEX_SUFFIX)
              || (name.endsWith(Hdf5Reader.SUFFIX) && !isShard(name)))) {
        found.add(location(WeightFormat.HDF5, file, folder));
      }
    }
    return found;
  }

  private static boolean isShard(String name) {
    return name.matches(".*-\\d{5}-of-\\d{5}\\.(safetensors|h5)");
  }

  private static Optional<WeightLocation> huggingFace(Path folder) {
    Path configuration = folder.resolve(ConfigurationReader.HUGGING_FACE);
    if (!Files.isRegularFile(configuration)) {
      return Optional.empty();
    }
    return HUGGING_FACE.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .map(
            file ->
                new WeightLocation(
                    WeightFormat.HUGGINGFACE, file, folder, Optional.of(configuration)));
  }

  /** This folder, its versions, and those of its saved_model, as Hugging Face writes it. */
  private static List<WeightLocation> savedModels(Path folder) throws IOException {
    List<WeightLocation> found = new ArrayList<>();
    // A folder of variables is the remainder of a SavedModel, and is refused as such.
    if (Files.isRegularFile(folder.resolve(ModelFiles.SAVED_MODEL))
        || Files.isDirectory(folder.resolve(ModelFiles.VARIABLES))) {
      found.add(savedModel(folder));
    }
    Path nested = folder.resolve(ModelFiles.NESTED);
    if (Files.isRegularFile(nested.resolve(ModelFiles.SAVED_MODEL))) {
      found.add(savedModel(nested));
    }
    for (Path parent : List.of(folder, nested)) {
      if (Files.isDirectory(parent)) {
        try (Stream<Path> children = Files.list(parent)) {
          for (Path child : children.sorted().toList()) {
            if (child.getFileName().toString().matches("\\d+")
                && Files.isRegularFile(child.resolve(ModelFiles.SAVED_MODEL))) {
              found.add(savedModel(child));
            }
          }
        }
      }
    }
    return found;
  }

  /**
   * The configuration is in the folder, or in the one above, where Hugging Face keeps config.json.
   */
  private static WeightLocation savedModel(Path directory) {
    Path extras = directory.resolve(ModelFiles.ASSETS_EXTRA);
    List<Path> folders = new ArrayList<>(List.of(extras, directory));
    // save_pretrained writes config.json beside a folder saved_model, with versions in it.
    Path absolute = directory.toAbsolutePath().normalize();
    Stream.of(absolute, absolute.getParent())
        .filter(folder -> folder != null && folder.endsWith(ModelFiles.NESTED))
        .forEach(folder -> folders.add(folder.getParent()));
    for (Path folder : folders) {
      Optional<Path> configuration = ConfigurationReader.find(folder);
      if (configuration.isPresent()) {
        return new WeightLocation(WeightFormat.SAVEDMODEL, directory, folder, configuration);
      }
    }
    return new WeightLocation(WeightFormat.SAVEDMODEL, directory, extras, Optional.empty());
  }

  private static WeightLocation checkpoint(Path prefix) throws IOException {
    Path folder = prefix.toAbsolutePath().getParent();
    boolean objects = BundleReader.open(prefix).names().contains(CheckpointNames.OBJECT_GRAPH);
    return location(objects ? WeightFormat.TF2 : WeightFormat.TF1, prefix, folder);
  }

  private static WeightLocation location(WeightFormat format, Path path, Path folder) {
    return new WeightLocation(format, path, folder, ConfigurationReader.find(folder));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
