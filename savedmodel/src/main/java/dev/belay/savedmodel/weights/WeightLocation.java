package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.bundle.BundleFiles;
import dev.belay.savedmodel.hdf5.Hdf5Reader;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Location of weights.
 *
 * @param format format of the weights
 * @param path path to open: a file, a folder with saved_model.pb, a checkpoint's prefix
 * @param folder that holds what belongs to the model: configuration, tokenizer
 * @param configuration config.json or bert_config.json, if there is one
 */
public record WeightLocation(
    WeightFormat format, Path path, Path folder, Optional<Path> configuration) {
  /** The files of a tokenizer, under the names that Hugging Face and google-research use. */
  private static final List<String> TOKENIZER =
      List.of(
          ModelFiles.WORD_PIECES,
          ModelFiles.TOKENIZER,
          ModelFiles.TOKENIZER_CONFIG,
          ModelFiles.SPECIAL_TOKENS,
          ModelFiles.ADDED_TOKENS,
          ModelFiles.BYTE_PAIRS,
          ModelFiles.MERGES,
          "spiece.model",
          "sentencepiece.bpe.model");

  /** The same weights with another configuration. */
  public WeightLocation withConfiguration(Path file) {
    return new WeightLocation(format, path, folder, Optional.of(file));
  }

  /** The tokenizer's files beside the weights, by name. */
  public Map<String, byte[]> tokenizerFiles() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : TOKENIZER) {
      if (Files.isRegularFile(folder.resolve(name))) {
        files.put(name, Files.readAllBytes(folder.resolve(name)));
      }
    }
    return files;
  }

  /** generation_config.json beside the configuration, if there is one, by its name. */
  public Map<String, byte[]> generationFile() throws IOException {
    Path file = configuration.orElse(path).resolveSibling(ModelFiles.GENERATION);
    return Files.isRegularFile(file)
        ? Map.of(ModelFiles.GENERATION, Files.readAllBytes(file))
        : Map.of();
  }

  /**
   * The files of the weights, with the configuration: of a checkpoint its index and shards, of an
   * index of files all of those beside it.
   */
  public List<Path> files() throws IOException {
    String name = path.getFileName().toString();
    Optional<String> indexed =
        Stream.of(SafetensorsReader.SUFFIX, Hdf5Reader.SUFFIX)
            .filter(suffix -> name.endsWith(suffix + ".index.json"))
            .findFirst();
    List<Path> files = new ArrayList<>();
    try (Stream<Path> beside = Files.list(path.toAbsolutePath().getParent())) {
      beside
          .filter(Files::isRegularFile)
          .filter(
              file -> {
                String other = file.getFileName().toString();
                return other.equals(name)
                    || other.equals(name + BundleFiles.INDEX)
                    || other.startsWith(name + BundleFiles.DATA)
                    || indexed.filter(other::endsWith).isPresent();
              })
          .sorted()
          .forEach(files::add);
    }
    configuration.filter(file -> !files.contains(file)).ifPresent(files::add);
    return files;
  }

  @Override
  public String toString() {
    return format.option() + ": " + path;
  }
}
