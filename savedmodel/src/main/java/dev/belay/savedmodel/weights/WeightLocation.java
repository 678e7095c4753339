package dev.belay.savedmodel.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where weights lie.
 *
 * @param format what is there
 * @param path what to open: a file, a folder with saved_model.pb, a checkpoint's prefix
 * @param folder that holds what belongs to the model: configuration, tokenizer
 * @param configuration config.json or bert_config.json, if there is one
 */
public record WeightLocation(
    WeightFormat format, Path path, Path folder, Optional<Path> configuration) {
  /** What a tokenizer is made of, by the names that Hugging Face and google-research use. */
  private static final List<String> TOKENIZER =
      List.of(
          "vocab.txt",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "spiece.model",
          "sentencepiece.bpe.model");

  /** The same weights with a configuration from elsewhere. */
  public WeightLocation withConfiguration(Path file) {
    return new WeightLocation(format, path, folder, Optional.of(file));
  }

  /** The tokenizer's files that lie beside the weights. */
  public List<Path> tokenizerFiles() {
    return TOKENIZER.stream()
        .map(folder::resolve)
        .filter(java.nio.file.Files::isRegularFile)
        .toList();
  }

  @Override
  public String toString() {
    return format.option() + ": " + path;
  }
}
