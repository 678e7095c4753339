package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A token that is matched in a text before the text is split, as the class of this name in Python's
 * tokenizers.
 *
 * @param content the text of the token
 * @param flags matching options
 * @param normalizedIfSaid whether it is matched in normalized text; empty: as a token that is not
 *     special
 * @param special whether it is no word of the language
 */
record AddedToken(
    String content, Flags flags, Optional<Boolean> normalizedIfSaid, boolean special) {

  /**
   * Matching options of an added token.
   *
   * @param singleWord only as a whole word
   * @param stripLeft together with the blanks before it
   * @param stripRight together with the blanks after it
   */
  record Flags(boolean singleWord, boolean stripLeft, boolean stripRight) {
    static final Flags NONE = new Flags(false, false, false);
    static final Flags STRIP_LEFT = new Flags(false, true, false);
  }

  /** Whether text and all flags are equal, whether or not a file gives the flags. */
  boolean isSame(AddedToken other) {
    return content.equals(other.content)
        && flags.equals(other.flags)
        && special == other.special
        && normalized() == other.normalized();
  }

  /** A token given by its text alone. */
  static AddedToken of(String content, boolean special) {
    return new AddedToken(content, Flags.NONE, Optional.empty(), special);
  }

  /** Reads a token of tokenizer.json, tokenizer_config.json or special_tokens_map.json. */
  static AddedToken of(JsonNode node) {
    if (node.isTextual()) {
      return of(node.textValue(), false);
    }
    return new AddedToken(
        node.path("content").asText(),
        new Flags(
            node.path("single_word").asBoolean(),
            node.path("lstrip").asBoolean(),
            node.path("rstrip").asBoolean()),
        Optional.of(node.path("normalized"))
            .filter(JsonNode::isBoolean)
            .map(JsonNode::booleanValue),
        node.path("special").asBoolean());
  }

  /** Whether a value can be read as a token. */
  static boolean isToken(JsonNode node) {
    return node.isTextual() || node.path("content").isTextual();
  }

  /** The same token as a special one. */
  AddedToken asSpecial() {
    return special ? this : new AddedToken(content, flags, normalizedIfSaid, true);
  }

  /** The same token, matched in normalized text unless a file says otherwise. */
  AddedToken normalizedUnlessSaid() {
    return new AddedToken(content, flags, Optional.of(normalizedIfSaid.orElse(true)), special);
  }

  AddedToken with(Flags other) {
    return new AddedToken(content, other, normalizedIfSaid, special);
  }

  /** Whether it is matched in normalized text. */
  boolean normalized() {
    return normalizedIfSaid.orElse(!special);
  }

  /** Writes the token as an element of added_tokens. */
  void write(ObjectNode target, int id) {
    target
        .put("id", id)
        .put("content", content)
        .put("single_word", flags.singleWord())
        .put("lstrip", flags.stripLeft())
        .put("rstrip", flags.stripRight())
        .put("normalized", normalized())
        .put("special", special);
  }
}
