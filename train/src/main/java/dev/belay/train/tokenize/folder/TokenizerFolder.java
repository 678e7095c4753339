package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.data.DataException;
import java.nio.file.Path;

/**
 * The JSON files beside a tokenizer's definition, each empty where there is none.
 *
 * @param files the definition
 * @param settings tokenizer_config.json
 * @param specialTokens special_tokens_map.json
 * @param addedTokens added_tokens.json
 * @param model config.json of the model
 */
record TokenizerFolder(
    TokenizerFiles files,
    JsonFile settings,
    JsonFile specialTokens,
    JsonFile addedTokens,
    JsonFile model) {

  private static final long MOST_BYTES = 16L << 20;

  /**
   * Reads the files. A tokenizer.json under another name stands for itself, as Python's {@code
   * PreTrainedTokenizerFast(tokenizer_file=...)} takes it: the files beside it are those of another
   * tokenizer.
   *
   * @throws DataException if one of them holds no JSON object
   */
  static TokenizerFolder read(TokenizerFiles files) {
    Path folder = files.folder();
    if (files.standsAlone()) {
      return new TokenizerFolder(
          files,
          absent(folder.resolve(ModelFiles.TOKENIZER_CONFIG)),
          absent(folder.resolve(ModelFiles.SPECIAL_TOKENS)),
          absent(folder.resolve(ModelFiles.ADDED_TOKENS)),
          absent(folder.resolve(ModelFiles.CONFIGURATION)));
    }
    Path settings = files.config().orElse(folder.resolve(ModelFiles.TOKENIZER_CONFIG));
    return new TokenizerFolder(
        files,
        JsonFile.readIfThere(settings, MOST_BYTES),
        JsonFile.readIfThere(folder.resolve(ModelFiles.SPECIAL_TOKENS), MOST_BYTES),
        JsonFile.readIfThere(folder.resolve(ModelFiles.ADDED_TOKENS), MOST_BYTES),
        modelOf(folder));
  }

  /** The model's reader refuses a config.json that is damaged; here it says nothing then. */
  private static JsonFile modelOf(Path folder) {
    Path path = folder.resolve(ModelFiles.CONFIGURATION);
    try {
      return JsonFile.readIfThere(path, MOST_BYTES);
    } catch (DataException e) {
      return absent(path);
    }
  }

  private static JsonFile absent(Path path) {
    return new JsonFile(path, JsonNodeFactory.instance.objectNode());
  }
}
