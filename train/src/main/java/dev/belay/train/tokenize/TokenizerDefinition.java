package dev.belay.train.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.FolderTokenizer;
import dev.belay.train.tokenize.folder.TokenizerFiles;
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
 * @param file source of the definition
 * @param json the text of its tokenizer.json
 * @param bare its normalizer alone, if some added tokens are matched in normalised text
 * @param vocabulary tokens of its ids
 * @param paddingId the id that fills short rows, if the tokenizer has one
 * @param patterns its regular expressions
 * @param sides options of the sequences that the Python tokenizer builds
 * @param languages that its texts are marked with, if they are
 * @param notes decisions, for people
 */
record TokenizerDefinition(
    Path file,
    String json,
    Optional<Bare> bare,
    Vocabulary vocabulary,
    OptionalInt paddingId,
    OptionalInt eosId,
    TokenizerPatterns patterns,
    Sides sides,
    Optional<LanguageIds> languages,
    List<String> notes) {

  /**
   * A tokenizer that normalizes a text and gives one token for all that is left of it.
   *
   * @param json the text of its tokenizer.json
   * @param added the added tokens that are normalised before they are matched
   */
  record Bare(String json, List<String> added) {}

  /**
   * Options of the sequences that the Python tokenizer builds.
   *
   * @param types whether token types are returned; without them a model takes all to be 0
   * @param cutsLeft whether a text that is too long loses its start rather than its end
   * @param blankBeforeWords whether a blank is put before words that are given one by one
   */
  record Sides(boolean types, boolean cutsLeft, boolean blankBeforeWords) {}

  /**
   * Languages that texts are marked with.
   *
   * @param source of texts that are read
   * @param target of texts that are written
   */
  record LanguageIds(int source, int target) {
    /** The ids of a text that is written, of those that the same text has where it is read. */
    int[] written(int[] read) {
      int[] written = read.clone();
      int last = read.length - 1;
      written[read[last] == source ? last : 0] = target;
      return written;
    }
  }

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
    FolderTokenizer read = FolderTokenizer.read(files, lowerCase);
    ObjectNode root = read.json();
    TokenizerValidator.require(files.definition(), root);
    Map<String, Integer> ids = ids(root);
    OptionalInt padding = paddingId(read.special(), root, ids);
    List<String> notes = new ArrayList<>(read.notes());
    if (padding.isEmpty()) {
      notes.add(files.definition() + ": no padding token; rows are padded with id 0, masked");
    }
    return new TokenizerDefinition(
        files.definition(),
        text(root),
        bare(root),
        Vocabulary.of(root, ids, Optional.ofNullable(read.special().get("mask_token"))),
        padding,
        Optional.ofNullable(read.special().get("eos_token")).map(ids::get).stream()
            .mapToInt(Integer::intValue)
            .findFirst(),
        TokenizerPatterns.of(files.definition(), root),
        new Sides(read.types(), read.cutsLeft(), read.blankBeforeWords()),
        read.languages()
            .map(words -> new LanguageIds(ids.get(words.source()), ids.get(words.target()))),
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
    ObjectNode bare = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    bare.putArray("added_tokens");
    bare.set("normalizer", root.path("normalizer"));
    bare.putObject("model")
        .put("type", "WordLevel")
        .put("unk_token", "all")
        .putObject("vocab")
        .put("all", 0);
    return Optional.of(new Bare(text(bare), List.copyOf(added)));
  }

  /** Every token with its id: the model's vocabulary and the added ones, which were read before. */
  private static Map<String, Integer> ids(JsonNode root) {
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = root.path("model").path("vocab");
    vocabulary.properties().forEach(e -> ids.put(e.getKey(), e.getValue().intValue()));
    if (vocabulary.isArray()) {
      // Unigram: a list of [token, score]; the position is the id.
      for (int i = 0; i < vocabulary.size(); i++) {
        ids.put(vocabulary.path(i).path(0).asText(), i);
      }
    }
    root.path("added_tokens")
        .forEach(token -> ids.put(token.path("content").asText(), token.path("id").intValue()));
    return ids;
  }

  private static OptionalInt paddingId(
      Map<String, String> special, JsonNode root, Map<String, Integer> ids) {
    List<String> candidates = new ArrayList<>();
    Optional.ofNullable(special.get("pad_token")).ifPresent(candidates::add);
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
