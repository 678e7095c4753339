package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.util.List;
import java.util.Set;

/** Refuses what a folder asks of its tokenizer and Belay cannot give, key by key. */
final class FolderChecks {
  private static final Set<String> SIDES = Set.of("left", "right");
  private static final String PADDING_SIDE = "padding_side";
  private static final String TRUNCATION_SIDE = "truncation_side";

  private final TokenizerFolder folder;
  private final JsonFile settings;

  private FolderChecks(TokenizerFolder folder) {
    this.folder = folder;
    this.settings = folder.settings();
  }

  /**
   * Looks at all keys that change tokens in a way that is not computed here.
   *
   * @throws DataException for the first
   */
  static void require(TokenizerFolder folder, Convention convention) {
    FolderChecks checks = new FolderChecks(folder);
    checks.requireOwnClass();
    checks.requireSides();
    checks.requireKey("init_inputs", "no arguments of a class");
    checks.requireFiles(convention);
    if (convention != Convention.VERSION_4
        && checks.settings.flag("split_special_tokens").orElse(false)) {
      throw checks.settings.refused(
          "split_special_tokens",
          "false",
          "true",
          "Belay finds special tokens in texts: set it to false, or tokenize in Python and give a"
              + " column input_ids");
    }
  }

  private void requireOwnClass() {
    for (JsonFile file : List.of(settings, folder.model())) {
      JsonNode map = file.root().path("auto_map");
      JsonNode tokenizer = map.isArray() ? map : map.path("AutoTokenizer");
      if (!tokenizer.isMissingNode() && !tokenizer.isNull()) {
        throw file.refused(
            "auto_map.AutoTokenizer",
            "no class of the folder's own, since Belay runs no Python",
            JsonFile.shown(tokenizer),
            "tokenize in Python and give a column input_ids; if tokenizer.json is all of the"
                + " tokenizer, remove the key");
      }
    }
  }

  private void requireSides() {
    for (String key : List.of(PADDING_SIDE, TRUNCATION_SIDE)) {
      String side = settings.text(key).orElse("right");
      if (!SIDES.contains(side)) {
        throw settings.refused(key, "left or right", side, "is the file damaged?");
      }
    }
    if (settings.text(PADDING_SIDE).orElse("right").equals("left")) {
      throw settings.refused(
          PADDING_SIDE,
          "right, since padding at the left moves the positions of a text by the longest one of its"
              + " batch",
          "left",
          "set it to right if the model was trained so; a single text has the same tokens either"
              + " way");
    }
  }

  private void requireKey(String key, String expected) {
    JsonNode value = settings.root().path(key);
    if (!value.isEmpty()) {
      throw settings.refused(
          key,
          expected,
          JsonFile.shown(value),
          "load the tokenizer in Python and save it again as PreTrainedTokenizerFast");
    }
  }

  /** Python 4 lets tokenizer_config.json name other files than those that lie there. */
  private void requireFiles(Convention convention) {
    JsonNode versions = settings.root().path("fast_tokenizer_files");
    for (JsonNode name : versions) {
      if (!name.asText().equals(TokenizerFiles.Kind.TOKENIZER_JSON.fileName())) {
        throw settings.refused(
            "fast_tokenizer_files",
            "tokenizer.json alone",
            JsonFile.shown(versions),
            "copy the one that is right to tokenizer.json and remove the key");
      }
    }
    if (settings.flag("from_slow").orElse(false)) {
      throw settings.refused("from_slow", "false", "true", TokenizerFiles.CONVERT);
    }
    if (convention == Convention.VERSION_5) {
      return;
    }
    for (String key : List.of("tokenizer_file", "vocab_file", "merges_file")) {
      JsonNode value = settings.root().path(key);
      boolean matters =
          value.isTextual()
              || (value.isNull()
                  && key.equals("tokenizer_file")
                  && folder.files().kind() == TokenizerFiles.Kind.TOKENIZER_JSON);
      if (matters) {
        throw settings.refused(
            key,
            "no path, since Python reads that file instead of the one that lies here",
            JsonFile.shown(value),
            "remove the key");
      }
    }
  }

  /** Whether a text that is too long loses its beginning. */
  static boolean cutsLeft(JsonFile settings, JsonNode tokenizerJson, Convention convention) {
    if (settings.has(TRUNCATION_SIDE) || convention == Convention.VERSION_4) {
      return settings.text(TRUNCATION_SIDE).orElse("right").equals("left");
    }
    return tokenizerJson.path("truncation").path("direction").asText().equals("Left");
  }
}
