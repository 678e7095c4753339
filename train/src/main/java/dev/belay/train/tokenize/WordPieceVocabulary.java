package dev.belay.train.tokenize;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A vocab.txt, and the tokenizer.json that Hugging Face's BertTokenizerFast makes of one: BERT's
 * normalizer, its split at blanks and punctuation, WordPiece, [CLS] A [SEP] B [SEP].
 */
final class WordPieceVocabulary {
  /** The largest that is known, of half a million tokens, takes 5 MB. */
  private static final long MOST_BYTES = 8L << 20;

  private static final String UNKNOWN = "[UNK]";
  private static final String CLASSIFY = "[CLS]";
  private static final String SEPARATE = "[SEP]";
  private static final List<String> SPECIAL =
      List.of("[PAD]", UNKNOWN, CLASSIFY, SEPARATE, "[MASK]");

  /** WordPiece gives up on longer words: [UNK]. */
  private static final int LONGEST_WORD = 100;

  private final Path file;
  private final Map<String, Integer> ids;

  private WordPieceVocabulary(Path file, Map<String, Integer> ids) {
    this.file = file;
    this.ids = ids;
  }

  /**
   * Reads one token per line; the line's number from 0 is its id, of a token that stands there
   * twice the last one.
   *
   * @throws DataException if the file is no vocabulary of BERT
   */
  static WordPieceVocabulary read(Path file) {
    TokenizerConfig.requireSize(file, MOST_BYTES);
    Map<String, Integer> ids = new LinkedHashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      int line = 0;
      for (String token = lines.readLine(); token != null; token = lines.readLine()) {
        ids.put(line == 0 ? withoutMark(token) : token, line);
        line++;
      }
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": expected UTF-8, one token per line, found other bytes", e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    WordPieceVocabulary vocabulary = new WordPieceVocabulary(file, ids);
    vocabulary.requireSpecialTokens();
    return vocabulary;
  }

  private static String withoutMark(String token) {
    return token.startsWith("\uFEFF") ? token.substring(1) : token;
  }

  private void requireSpecialTokens() {
    List<String> missing =
        List.of(UNKNOWN, CLASSIFY, SEPARATE).stream().filter(t -> !ids.containsKey(t)).toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          file
              + ": not a vocabulary of BERT: expected one token per line, among them [UNK], [CLS]"
              + " and [SEP], found "
              + ids.size()
              + " lines without "
              + String.join(", ", missing)
              + "; models of other families need their tokenizer.json");
    }
  }

  /**
   * Whether the vocabulary knows capital letters: more than one token in a hundred has one. A text
   * in lower case would never reach those.
   */
  boolean isCased() {
    long capitals =
        ids.keySet().stream()
            .filter(token -> !token.startsWith("["))
            .filter(token -> token.codePoints().anyMatch(Character::isUpperCase))
            .count();
    return capitals * 100 > ids.size();
  }

  /** An equal tokenizer.json. */
  ObjectNode toTokenizerJson(boolean lowerCase, TokenizerConfig config) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    root.set("added_tokens", addedTokens());
    ObjectNode normalizer = root.putObject("normalizer");
    normalizer
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", config.splitChinese().orElse(true))
        .put("strip_accents", config.stripAccents().orElse(null))
        .put("lowercase", lowerCase);
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    root.set("post_processor", template());
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = root.putObject("model");
    model
        .put("type", "WordPiece")
        .put("unk_token", UNKNOWN)
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", LONGEST_WORD);
    ObjectNode vocabulary = model.putObject("vocab");
    ids.forEach(vocabulary::put);
    return root;
  }

  private ArrayNode addedTokens() {
    ArrayNode tokens = JsonNodeFactory.instance.arrayNode();
    for (String token : SPECIAL) {
      if (ids.containsKey(token)) {
        tokens
            .addObject()
            .put("id", ids.get(token))
            .put("content", token)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", true);
      }
    }
    return tokens;
  }

  /** [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with type 1 from B on. */
  private ObjectNode template() {
    ObjectNode template = JsonNodeFactory.instance.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    special(single, CLASSIFY, 0);
    sequence(single, "A", 0);
    special(single, SEPARATE, 0);
    ArrayNode pair = template.putArray("pair");
    special(pair, CLASSIFY, 0);
    sequence(pair, "A", 0);
    special(pair, SEPARATE, 0);
    sequence(pair, "B", 1);
    special(pair, SEPARATE, 1);
    ObjectNode tokens = template.putObject("special_tokens");
    for (String token : List.of(CLASSIFY, SEPARATE)) {
      ObjectNode entry = tokens.putObject(token).put("id", token);
      entry.putArray("ids").add(ids.get(token));
      entry.putArray("tokens").add(token);
    }
    return template;
  }

  private static void special(ArrayNode target, String token, int type) {
    target.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private static void sequence(ArrayNode target, String name, int type) {
    target.addObject().putObject("Sequence").put("id", name).put("type_id", type);
  }
}
