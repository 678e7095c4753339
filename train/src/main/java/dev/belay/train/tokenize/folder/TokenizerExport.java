package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A tokenizer's files as they go along with a model, so that Python makes the same tokenizer. */
public final class TokenizerExport {
  private TokenizerExport() {}

  /**
   * The files of a tokenizer by the names that Python looks for. What Belay decided because no file
   * says it, such as do_lower_case of a vocabulary, is written into tokenizer_config.json.
   *
   * @throws dev.belay.train.data.DataException if the files make no tokenizer
   */
  public static Map<String, byte[]> files(TokenizerFiles files) throws IOException {
    Map<String, byte[]> all = new LinkedHashMap<>();
    all.put(files.kind().fileName(), Files.readAllBytes(files.definition()));
    for (Path file : files.beside()) {
      all.put(file.getFileName().toString(), Files.readAllBytes(file));
    }
    settings(files).ifPresent(settings -> all.put(ModelFiles.TOKENIZER_CONFIG, settings));
    return all;
  }

  /**
   * tokenizer_config.json with what Belay decided; empty if it says all of it.
   *
   * @throws dev.belay.train.data.DataException if the files make no tokenizer
   */
  public static Optional<byte[]> settings(TokenizerFiles files) {
    FolderTokenizer tokenizer = FolderTokenizer.read(files, Optional.empty());
    if (tokenizer.decided().isEmpty()) {
      return Optional.empty();
    }
    ObjectNode settings = TokenizerFolder.read(files).settings().root();
    tokenizer.decided().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> settings.set(entry.getKey(), entry.getValue()));
    try {
      return Optional.of(
          (ConfigurationWriter.JSON.writeValueAsString(settings) + "\n")
              .getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that was read can be written", e);
    }
  }
}
