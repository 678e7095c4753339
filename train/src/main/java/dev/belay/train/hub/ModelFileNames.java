package dev.belay.train.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.weights.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Names of the files that Belay reads of a repository. No pickles are among them. */
final class ModelFileNames {
  private static final String INDEX = "model.safetensors.index.json";

  /** Weights, in the order in which Hugging Face prefers them. */
  private static final List<String> WEIGHTS =
      List.of(ModelFiles.SAFETENSORS, INDEX, ModelFiles.KERAS_WEIGHTS, ModelFiles.KERAS_INDEX);

  /** Weights that only Python can read. */
  static final List<String> PICKLES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json", "flax_model.msgpack");

  /** Files of which a repository has some. */
  static final List<String> OPTIONAL =
      List.of(
          ModelFiles.TOKENIZER_CONFIG,
          ModelFiles.TOKENIZER,
          ModelFiles.SPECIAL_TOKENS,
          ModelFiles.ADDED_TOKENS,
          ModelFiles.WORD_PIECES,
          ModelFiles.BYTE_PAIRS,
          ModelFiles.MERGES,
          "generation_config.json",
          "sentence_bert_config.json");

  /** Vocabularies that tokenizer.json replaces. */
  static final List<String> SENTENCE_PIECES =
      List.of("spiece.model", "sentencepiece.bpe.model", "tokenizer.model");

  /** Files of sentence-transformers, beside the folders of its modules. */
  static final List<String> SENTENCES =
      List.of(ModelFiles.MODULES, "config_sentence_transformers.json");

  private static final String PLAIN = "[\\w-][\\w.-]*";
  private static final long MOST_BYTES = 100_000_000;

  private ModelFileNames() {}

  /** The files that may hold weights of a format, the best first. */
  static List<String> weights(Optional<WeightFormat> format) {
    return format.equals(Optional.of(WeightFormat.HDF5))
        ? List.of(ModelFiles.KERAS_WEIGHTS, ModelFiles.KERAS_INDEX)
        : WEIGHTS;
  }

  /** Whether a file names the files of the weights. */
  static boolean isIndex(String file) {
    return file.endsWith(INDEX) || file.endsWith(ModelFiles.KERAS_INDEX);
  }

  /**
   * Files beside an index that it names.
   *
   * @throws CorruptModelException if it names others
   */
  static Set<String> shards(Path index) throws IOException {
    Set<String> names = new TreeSet<>();
    for (JsonNode file : read(index).path("weight_map")) {
      names.add(requirePlain(index, file.asText()));
    }
    return names;
  }

  /**
   * Folders of the modules of a sentence-transformers model, without the root.
   *
   * @throws CorruptModelException if they lie elsewhere
   */
  static List<String> modules(Path list) throws IOException {
    List<String> folders = new ArrayList<>();
    for (JsonNode module : read(list)) {
      String folder = module.path("path").asText("");
      if (!folder.isEmpty()) {
        folders.add(requirePlain(list, folder));
      }
    }
    return folders;
  }

  private static JsonNode read(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new CorruptModelException(
          file, "size", "at most " + MOST_BYTES + " bytes", Files.size(file) + " bytes");
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new CorruptModelException(file, "content", "JSON", e.getOriginalMessage());
    }
  }

  private static String requirePlain(Path file, String name) throws IOException {
    if (!name.matches(PLAIN)) {
      throw new CorruptModelException(
          file, "names of files", "names of files or folders beside it", name);
    }
    return name;
  }
}
