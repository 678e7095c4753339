package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
  static final String SETTINGS = "tokenizer_config.json";
  static final String SPECIAL_TOKENS = "special_tokens_map.json";
  static final String ADDED_TOKENS = "added_tokens.json";

  private static final String MODEL = "config.json";
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
          absent(folder.resolve(SETTINGS)),
          absent(folder.resolve(SPECIAL_TOKENS)),
          absent(folder.resolve(ADDED_TOKENS)),
          absent(folder.resolve(MODEL)));
    }
    Path settings = files.config().orElse(folder.resolve(SETTINGS));
    return new TokenizerFolder(
        files,
        JsonFile.readIfThere(settings, MOST_BYTES),
        JsonFile.readIfThere(folder.resolve(SPECIAL_TOKENS), MOST_BYTES),
        JsonFile.readIfThere(folder.resolve(ADDED_TOKENS), MOST_BYTES),
        modelOf(folder));
  }

  /** The model's reader refuses a config.json that is damaged; here it says nothing then. */
  private static JsonFile modelOf(Path folder) {
    Path path = folder.resolve(MODEL);
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
