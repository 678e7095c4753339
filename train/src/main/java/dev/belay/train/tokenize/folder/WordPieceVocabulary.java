package dev.belay.train.tokenize.folder;

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

/** A vocab.txt: WordPiece as BERT has it, with BERT's normalizer and split at punctuation. */
final class WordPieceVocabulary {
  /** The largest that is known, of half a million tokens, takes 5 MB. */
  private static final long MOST_BYTES = 8L << 20;

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
   * @param trimmed whether blanks at the end of a line are no part of its token
   * @throws DataException if the file is no text
   */
  static WordPieceVocabulary read(Path file, boolean trimmed) {
    JsonFile.requireSize(file, MOST_BYTES);
    Map<String, Integer> ids = new LinkedHashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      int line = 0;
      for (String token = lines.readLine(); token != null; token = lines.readLine()) {
        String text = line == 0 ? withoutMark(token) : token;
        ids.put(trimmed ? text.stripTrailing() : text, line);
        line++;
      }
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": expected UTF-8, one token per line, found other bytes", e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    return new WordPieceVocabulary(file, ids);
  }

  private static String withoutMark(String token) {
    return token.startsWith("\uFEFF") ? token.substring(1) : token;
  }

  /**
   * Refuses a vocabulary without the tokens that no sequence can do without.
   *
   * @param tokens for what is unknown, the beginning and the end
   */
  void require(List<String> tokens) {
    List<String> missing = tokens.stream().filter(t -> !ids.containsKey(t)).distinct().toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          file
              + ": not a vocabulary of BERT: expected one token per line, among them "
              + tokens.get(0)
              + ", "
              + tokens.get(1)
              + " and "
              + tokens.get(2)
              + ", found "
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

  /** An equal tokenizer.json, without post-processor and added tokens. */
  ObjectNode toTokenizerJson(BertSettings settings, String unknown) {
    ObjectNode vocabulary = JsonNodeFactory.instance.objectNode();
    ids.forEach(vocabulary::put);
    return tokenizerJson(settings, unknown, vocabulary);
  }

  /** The tokenizer.json of a BERT with a vocabulary of any origin. */
  static ObjectNode tokenizerJson(BertSettings settings, String unknown, ObjectNode vocabulary) {
    ObjectNode root = TokenizerParts.empty();
    root.set("normalizer", settings.normalizer());
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    root.putObject("model")
        .put("type", "WordPiece")
        .put("unk_token", unknown)
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", LONGEST_WORD)
        .set("vocab", vocabulary);
    return root;
  }
}
