package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A tokenizer.json that is being made of a folder.
 *
 * @param folder files of the tokenizer
 * @param tokenizerClass whose rules hold
 * @param special its special tokens
 * @param root the tokenizer.json
 * @param notes decisions, for people
 */
record Draft(
    TokenizerFolder folder,
    TokenizerClass tokenizerClass,
    SpecialTokens special,
    ObjectNode root,
    List<String> notes) {
  private static final String ADDED_TOKENS = "added_tokens";

  Path file() {
    return folder.files().definition();
  }

  JsonFile settings() {
    return folder.settings();
  }

  /** Whether the folder has a tokenizer.json. */
  boolean isJson() {
    return folder.files().kind() == TokenizerFiles.Kind.TOKENIZER_JSON;
  }

  Draft with(ObjectNode other) {
    return new Draft(folder, tokenizerClass, special, other, notes);
  }

  void note(String what) {
    notes.add(file() + ": " + what);
  }

  ModelVocabulary vocabulary() {
    return ModelVocabulary.of(file(), root.path("model").path("vocab"));
  }

  /** The added tokens that tokenizer.json lists, by their ids there, in order. */
  Map<Integer, AddedToken> listed() {
    Map<Integer, AddedToken> tokens = new LinkedHashMap<>();
    for (JsonNode token : root.path(ADDED_TOKENS)) {
      if (!token.path("content").isTextual() || !token.path("id").canConvertToInt()) {
        throw new DataException(
            file()
                + ": added_tokens: expected tokens with content and id, found "
                + JsonFile.shown(token)
                + "; is the file damaged?");
      }
      tokens.put(token.path("id").intValue(), AddedToken.of(token));
    }
    return tokens;
  }

  /**
   * Writes the added tokens as they are in the end.
   *
   * @throws DataException if the native library would look for others, or give them other ids
   */
  void write(AddedVocabulary added) {
    List<AddedVocabulary.Found> found = added.found();
    for (AddedVocabulary.Found each : found) {
      if (each.twofold() && root.path("normalizer").isObject()) {
        throw refused(each, "the same flags wherever it is added", "normalized true and false");
      }
    }
    AddedVocabulary.misplaced(found, vocabulary())
        .ifPresent(
            each -> {
              throw refused(each, "ids without a gap behind those of the model", "id " + each.id());
            });
    ArrayNode tokens = root.putArray(ADDED_TOKENS);
    found.forEach(each -> each.token().write(tokens.addObject(), each.id()));
  }

  private DataException refused(AddedVocabulary.Found found, String expected, String what) {
    return new DataException(
        file()
            + ": the added token '"
            + found.token().content()
            + "': expected "
            + expected
            + ", found "
            + what
            + "; load the tokenizer in Python and save it again");
  }

  /** The id of a token of a template. */
  int idOf(AddedVocabulary added, String token) {
    return added
        .id(token)
        .orElseThrow(
            () ->
                new DataException(
                    file()
                        + ": expected the token '"
                        + token
                        + "', which stands in every sequence, found none in the vocabulary; is this"
                        + " the right file?"));
  }

  /** A part of the root that is an object. */
  Optional<ObjectNode> part(String name) {
    return root.path(name) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
  }
}
