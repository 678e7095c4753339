package dev.belay.train.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Vocabulary of a tokenizer, as far as a language model needs it.
 *
 * @param size one more than the largest id
 * @param special ids of tokens that are not words: padding, start and end tokens, the unknown token
 * @param mask the id of the mask token, if the tokenizer has one
 * @param inner ids of pieces that continue a word
 * @param marksInner whether the tokenizer marks pieces that continue a word: WordPiece does
 */
public record Vocabulary(
    int size, BitSet special, OptionalInt mask, BitSet inner, boolean marksInner) {
  private static final List<String> MASKS = List.of("[MASK]", "<mask>");
  private static final List<String> SPECIAL =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "<pad>", "<unk>", "<s>", "</s>");

  /** Copies what can be changed. */
  public Vocabulary {
    special = (BitSet) special.clone();
    inner = (BitSet) inner.clone();
  }

  /**
   * Reads a tokenizer.json.
   *
   * @param ids of all tokens
   * @param maskToken the token that hides a word, if a file names it
   */
  static Vocabulary of(JsonNode root, Map<String, Integer> ids, Optional<String> maskToken) {
    BitSet special = new BitSet();
    root.path("added_tokens")
        .forEach(
            token -> {
              if (token.path("special").asBoolean()) {
                special.set(token.path("id").asInt());
              }
            });
    SPECIAL.stream().filter(ids::containsKey).forEach(token -> special.set(ids.get(token)));
    OptionalInt mask =
        Stream.concat(maskToken.stream(), MASKS.stream())
            .filter(ids::containsKey)
            .mapToInt(ids::get)
            .findFirst();
    mask.ifPresent(special::set);
    JsonNode model = root.path("model");
    boolean wordPiece = model.path("type").asText("WordPiece").equals("WordPiece");
    String prefix = model.path("continuing_subword_prefix").asText("##");
    BitSet inner = new BitSet();
    if (wordPiece && !prefix.isEmpty()) {
      ids.forEach(
          (token, id) -> {
            if (token.startsWith(prefix) && token.length() > prefix.length()) {
              inner.set(id);
            }
          });
    }
    int size = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
    return new Vocabulary(size, special, mask, inner, !inner.isEmpty());
  }

  /** Whether an id is a word or a piece of one. */
  public boolean isWord(int id) {
    return !special.get(id);
  }

  /** Whether an id continues the word before it. */
  public boolean isInner(int id) {
    return inner.get(id);
  }
}
