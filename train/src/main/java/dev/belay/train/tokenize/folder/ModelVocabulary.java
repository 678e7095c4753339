package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The vocabulary of a tokenizer's model, added tokens left out.
 *
 * @param ids by token
 * @param size number of entries, which is the first id of added tokens
 */
record ModelVocabulary(Map<String, Integer> ids, int size) {
  /**
   * More ids than a file of the largest size can have; a table of ids is as long as its largest id.
   */
  private static final int MOST_IDS = 1 << 24;

  /**
   * Reads {@code model.vocab} of a tokenizer.json: an object with ids, or Unigram's list of tokens
   * with scores, whose positions are the ids.
   *
   * @throws DataException if it is empty, or an id is no number from 0
   */
  static ModelVocabulary of(Path file, JsonNode vocabulary) {
    Map<String, Integer> ids = new HashMap<>();
    if (vocabulary.isObject()) {
      vocabulary.properties().forEach(e -> ids.put(e.getKey(), id(file, e.getKey(), e.getValue())));
    } else {
      for (int i = 0; i < vocabulary.size(); i++) {
        ids.put(vocabulary.path(i).path(0).asText(), i);
      }
    }
    if (ids.isEmpty()) {
      throw new DataException(file + ": the tokenizer has no vocabulary (model.vocab is empty)");
    }
    return new ModelVocabulary(ids, vocabulary.size());
  }

  private static int id(Path file, String token, JsonNode id) {
    if (!id.isIntegralNumber()
        || !id.canConvertToInt()
        || id.intValue() < 0
        || id.intValue() >= MOST_IDS) {
      throw new DataException(
          file
              + ": expected an id from 0 to "
              + (MOST_IDS - 1)
              + " for the token '"
              + token
              + "', found "
              + id
              + "; is the file damaged?");
    }
    return id.intValue();
  }

  OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }
}
