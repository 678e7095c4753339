package dev.belay.train.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer before native code has seen it.
 *
 * @param file where it comes from
 * @param json the text of its tokenizer.json
 * @param bare the same without added tokens, if some of those are looked for in normalised text
 * @param vocabulary what its ids stand for
 * @param paddingId the id that fills short rows, if the tokenizer has one
 * @param notes what was decided on the way, for people
 */
record TokenizerDefinition(
    Path file,
    String json,
    Optional<Bare> bare,
    Vocabulary vocabulary,
    OptionalInt paddingId,
    List<String> notes) {

  /**
   * A tokenizer that knows no added tokens.
   *
   * @param json the text of its tokenizer.json
   * @param added what the tokens are that will be normalised before they are looked for
   */
  record Bare(String json, List<String> added) {}

  /** The largest that are known, of a quarter of a million tokens, take 17 to 34 MB. */
  private static final long MOST_BYTES = 48L << 20;

  /** What a file of that size cannot hold; a table of ids is as long as its largest. */
  private static final int MOST_IDS = 1 << 24;

  /** The usual names of the padding token, where no file says which it is. */
  private static final List<String> PADDING_TOKENS = List.of("[PAD]", "<pad>", "<|pad|>");

  /**
   * Reads the files of a tokenizer.
   *
   * @param lowerCase as the user says; empty: as tokenizer_config.json says, else as the vocabulary
   *     looks
   * @throws DataException if they are not what their names say
   */
  static TokenizerDefinition read(TokenizerFiles files, Optional<Boolean> lowerCase) {
    TokenizerConfig config = files.config().map(TokenizerConfig::read).orElse(TokenizerConfig.NONE);
    List<String> notes = new ArrayList<>();
    JsonNode root =
        switch (files.kind()) {
          case VOCABULARY -> ofVocabulary(files.definition(), lowerCase, config, notes);
          case TOKENIZER_JSON -> ofJson(files.definition(), lowerCase, config, notes);
        };
    Map<String, Integer> ids = ids(files.definition(), root);
    OptionalInt padding = paddingId(config, root, ids);
    if (padding.isEmpty()) {
      notes.add(files.definition() + ": no padding token; rows are padded with id 0, masked");
    }
    return new TokenizerDefinition(
        files.definition(),
        text(root),
        bare(root),
        Vocabulary.of(root, ids),
        padding,
        List.copyOf(notes));
  }

  private static Optional<Bare> bare(JsonNode root) {
    List<String> added = new ArrayList<>();
    for (JsonNode token : root.path("added_tokens")) {
      if (token.path("normalized").asBoolean()) {
        added.add(token.path("content").asText());
      }
    }
    if (added.isEmpty() || !root.path("normalizer").isObject()) {
      return Optional.empty();
    }
    ObjectNode without = ((ObjectNode) root).deepCopy();
    without.putArray("added_tokens");
    return Optional.of(new Bare(text(without), List.copyOf(added)));
  }

  private static JsonNode ofVocabulary(
      Path file, Optional<Boolean> lowerCase, TokenizerConfig config, List<String> notes) {
    WordPieceVocabulary vocabulary = WordPieceVocabulary.read(file);
    Optional<Boolean> said = lowerCase.or(config::lowerCase);
    boolean lower = said.orElse(!vocabulary.isCased());
    if (said.isEmpty()) {
      notes.add(
          file
              + ": no tokenizer_config.json says do_lower_case; the vocabulary "
              + (lower
                  ? "has no capital letters: texts are put in lower case"
                  : "has capital letters: texts keep theirs"));
    }
    return vocabulary.toTokenizerJson(lower, config);
  }

  /**
   * As Hugging Face's BertTokenizerFast does, do_lower_case wins over what BERT's normalizer in
   * tokenizer.json says.
   */
  private static JsonNode ofJson(
      Path file, Optional<Boolean> lowerCase, TokenizerConfig config, List<String> notes) {
    JsonNode root = TokenizerConfig.parse(file, MOST_BYTES);
    if (!root.path("model").isObject()) {
      throw new DataException(
          file
              + ": not a tokenizer.json: expected an object 'model' in it; is this the right"
              + " file?");
    }
    TokenizerProof.require(file, root);
    Optional<Boolean> wanted = lowerCase.or(config::lowerCase);
    boolean bert = root.path("normalizer").path("type").asText().equals("BertNormalizer");
    if (wanted.isPresent() && bert) {
      ObjectNode normalizer = (ObjectNode) root.path("normalizer");
      if (normalizer.path("lowercase").asBoolean(true) != wanted.get()) {
        normalizer.put("lowercase", wanted.get());
        notes.add(file + ": lowercase set to " + wanted.get() + ", as do_lower_case says");
      }
    } else if (lowerCase.isPresent()) {
      throw new DataException(
          file
              + ": do_lower_case was given, but this tokenizer has no BERT normalizer to set it in;"
              + " leave it out: tokenizer.json says how texts are normalised");
    }
    return root;
  }

  /** Every token with its id: the model's vocabulary and the added ones. */
  private static Map<String, Integer> ids(Path file, JsonNode root) {
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = root.path("model").path("vocab");
    if (vocabulary.isObject()) {
      vocabulary
          .fields()
          .forEachRemaining(e -> ids.put(e.getKey(), id(file, e.getKey(), e.getValue())));
    } else {
      // Unigram: a list of [token, score]; the position is the id.
      for (int i = 0; i < vocabulary.size(); i++) {
        ids.put(vocabulary.path(i).path(0).asText(), i);
      }
    }
    root.path("added_tokens")
        .forEach(
            token -> {
              String content = token.path("content").asText();
              ids.put(content, id(file, content, token.path("id")));
            });
    if (ids.isEmpty()) {
      throw new DataException(file + ": the tokenizer has no vocabulary (model.vocab is empty)");
    }
    return ids;
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

  private static OptionalInt paddingId(
      TokenizerConfig config, JsonNode root, Map<String, Integer> ids) {
    List<String> candidates = new ArrayList<>();
    config.paddingToken().ifPresent(candidates::add);
    candidates.add(root.path("padding").path("pad_token").asText());
    candidates.addAll(PADDING_TOKENS);
    return candidates.stream().filter(ids::containsKey).mapToInt(ids::get).findFirst();
  }

  private static String text(JsonNode root) {
    try {
      return new ObjectMapper().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that was read can be written", e);
    }
  }
}
