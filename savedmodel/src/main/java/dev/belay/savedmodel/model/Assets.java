package dev.belay.savedmodel.model;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.AssetFileDef;
import org.tensorflow.proto.framework.CollectionDef;
import org.tensorflow.proto.framework.MetaGraphDef;

/** Files that belong to a model, such as vocabularies: all of them in its assets folder. */
final class Assets {
  private static final String FOLDER = ModelFiles.ASSETS;

  /** The collection in which TF1 keeps the list. */
  private static final String COLLECTION = "saved_model_assets";

  private Assets() {}

  /**
   * The files that a model names, each with the tensor that takes its path; in the model's order.
   *
   * @throws CorruptModelException if the list of them cannot be read
   */
  static List<AssetFileDef> definitions(Path model, MetaGraphDef graph)
      throws CorruptModelException {
    if (graph.getAssetFileDefCount() > 0) {
      return graph.getAssetFileDefList();
    }
    List<AssetFileDef> definitions = new ArrayList<>();
    CollectionDef collection =
        graph.getCollectionDefOrDefault(COLLECTION, CollectionDef.getDefaultInstance());
    for (Any asset : collection.getAnyList().getValueList()) {
      try {
        definitions.add(AssetFileDef.parseFrom(asset.getValue()));
      } catch (InvalidProtocolBufferException e) {
        throw new CorruptModelException(
            model.resolve(ModelFiles.SAVED_MODEL),
            "collection '" + COLLECTION + "'",
            "assets",
            e.getMessage());
      }
    }
    return definitions;
  }

  /**
   * The files, in the same order.
   *
   * @throws CorruptModelException if one is missing or would lie outside the assets folder
   */
  static List<Path> find(Path model, List<AssetFileDef> definitions) throws IOException {
    List<Path> files = new ArrayList<>();
    for (AssetFileDef asset : definitions) {
      files.add(find(model, asset.getFilename()));
    }
    return files;
  }

  private static Path find(Path model, String name) throws IOException {
    String shown = name.replaceAll("[^\\x20-\\x7e]", "\u00b7");
    Path folder = model.resolve(FOLDER);
    Path file;
    try {
      file = folder.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw outside(model, shown, "no path");
    }
    if (name.isEmpty() || !file.startsWith(folder.normalize()) || Path.of(name).isAbsolute()) {
      throw outside(model, shown, "a path out of it");
    }
    if (!Files.isRegularFile(file)) {
      throw new CorruptModelException(
          model.resolve(ModelFiles.SAVED_MODEL),
          "asset '" + shown + "'",
          "the file " + file,
          "no file");
    }
    Path real = file.toRealPath();
    if (!real.startsWith(model.toRealPath().resolve(FOLDER))) {
      throw outside(model, shown, "a link out of it, to " + real);
    }
    return file.toAbsolutePath();
  }

  private static CorruptModelException outside(Path model, String name, String found) {
    return new CorruptModelException(
        model.resolve(ModelFiles.SAVED_MODEL),
        "asset '" + name + "'",
        "a file in the model's own assets folder",
        found);
  }
}
