package dev.belay.train.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Refuses a tokenizer.json that the native library would end the whole process over. Most of what
 * is wrong in one it reports; the rest it takes for granted, and a panic of Rust has no way back
 * through the JVM.
 */
final class TokenizerValidator {
  private static final long MOST_GROWTH = 64;

  /** BERT's is 100; WordPiece takes the third power of a word's length. */
  private static final long LONGEST_WORD = 1000;

  private final Path file;

  private TokenizerValidator(Path file) {
    this.file = file;
  }

  /**
   * Looks at all that is taken for granted.
   *
   * @throws DataException for the first that is not so
   */
  static void require(Path file, JsonNode root) {
    TokenizerValidator proof = new TokenizerValidator(file);
    for (JsonNode part : objects(root.path("normalizer"))) {
      if (part.has("precompiled_charsmap") || part.path("type").asText().equals("Precompiled")) {
        proof.requireCharacterMap(part.path("precompiled_charsmap"));
      }
    }
    proof.requireGrowth(root.path("normalizer"));
    for (JsonNode part : objects(root.path("post_processor"))) {
      if (part.has("single") || part.has("pair")) {
        JsonNode tokens = part.path("special_tokens");
        proof.requireTemplate("single", part.path("single"), tokens, false);
        proof.requireTemplate("pair", part.path("pair"), tokens, true);
        tokens.properties().forEach(e -> proof.requireToken(e.getKey(), e.getValue()));
      }
    }
    for (JsonNode part : objects(root.path("decoder"))) {
      if (part.path("stop").asLong(0) != 0) {
        throw proof.refused(
            "decoder.stop", "0, which no token is too short for", part.get("stop").toString());
      }
    }
    proof.requireMerges(root.path("model"));
    proof.requireModel(root.path("model"));
  }

  /**
   * An object and all that are inside of it: parts are nested, and some need not say their type.
   */
  private static List<JsonNode> objects(JsonNode node) {
    List<JsonNode> found = new ArrayList<>();
    if (node.isObject()) {
      found.add(node);
    }
    node.forEach(child -> found.addAll(objects(child)));
    return found;
  }

  private void requireCharacterMap(JsonNode map) {
    String where = "normalizer.precompiled_charsmap";
    if (!map.isTextual()) {
      throw refused(where, "text in base64", map.getNodeType().name().toLowerCase(Locale.ROOT));
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(map.textValue());
    } catch (IllegalArgumentException e) {
      throw refused(where, "text in base64", e.getMessage());
    }
    CharacterMap.defect(bytes)
        .ifPresent(
            defect -> {
              throw refused(where, "a map of characters as sentencepiece writes it", defect);
            });
  }

  /** Each piece is a text that is there, or a special token that is known. */
  private void requireTemplate(String name, JsonNode pieces, JsonNode tokens, boolean pair) {
    for (JsonNode piece : pieces) {
      String text = piece.path("Sequence").path("id").asText();
      if (!pair && text.equals("B")) {
        throw refused("post_processor." + name, "only the text A", "the text B");
      }
      JsonNode special = piece.path("SpecialToken").path("id");
      if (special.isTextual() && !tokens.has(special.textValue())) {
        throw refused(
            "post_processor." + name,
            "tokens that post_processor.special_tokens holds",
            "'" + special.textValue() + "'");
      }
    }
  }

  private void requireToken(String name, JsonNode token) {
    int ids = token.path("ids").size();
    int texts = token.path("tokens").size();
    if (ids != texts) {
      throw refused(
          "post_processor.special_tokens." + name,
          "as many ids as tokens",
          ids + " ids and " + texts + " tokens");
    }
  }

  /** A text that grows by each part of a normalizer fills all memory. */
  private void requireGrowth(JsonNode normalizer) {
    long growth = 1;
    for (JsonNode part : objects(normalizer)) {
      long content = part.path("content").asText().codePoints().count();
      if (part.has("pattern") && content > 1) {
        long least = Math.max(1, part.path("pattern").path("String").asText().codePoints().count());
        growth *= (content + least - 1) / least;
      }
      growth += part.path("prepend").asText().length();
      if (growth > MOST_GROWTH) {
        throw refused(
            "normalizer",
            "parts that make a text at most " + MOST_GROWTH + " times as long",
            "at least " + growth + " times");
      }
    }
  }

  /** Settings that make tokens random, or tokenizing very slow. */
  private void requireModel(JsonNode model) {
    if (model.path("dropout").asDouble(0) != 0) {
      throw new DataException(
          file
              + ": model.dropout: expected null or 0, found "
              + model.path("dropout")
              + ": the same text has other tokens each time; set it to null for the tokens that the"
              + " model is used with");
    }
    long longest = model.path("max_input_chars_per_word").asLong(0);
    if (longest > LONGEST_WORD) {
      throw refused(
          "model.max_input_chars_per_word", "at most " + LONGEST_WORD, Long.toString(longest));
    }
  }

  /**
   * The native library removes the prefix of inner pieces from the second half of each merge
   * without a check.
   */
  private void requireMerges(JsonNode model) {
    String prefix = model.path("continuing_subword_prefix").textValue();
    if (prefix == null || prefix.isEmpty()) {
      return;
    }
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isTextual()
              ? merge.textValue().substring(merge.textValue().indexOf(' ') + 1)
              : merge.path(1).asText();
      if (!second.startsWith(prefix)) {
        throw refused(
            "model.merges", "pieces that continue with '" + prefix + "'", merge.toString());
      }
    }
  }

  private DataException refused(String where, String expected, String found) {
    return new DataException(
        file
            + ": "
            + where
            + ": expected "
            + expected
            + ", found "
            + found
            + "; is the file damaged?");
  }
}
