package dev.belay.train.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.regex.PatternWork;
import dev.belay.train.tokenize.regex.UnprovenPatternException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The regular expressions of a tokenizer, each with a bound on its work. Oniguruma gives up on a
 * text that takes too many steps, and the native library then ends the whole process: so a pattern
 * without a bound is refused, and so is a text on which a bounded one would take too long.
 */
final class TokenizerPatterns {
  private static final int BYTES_OF_CHARACTER = 4;

  /** The part that writes a text in other letters, so that runs of the text itself say nothing. */
  private static final String BYTES = "ByteLevel";

  /**
   * A regular expression.
   *
   * @param where its place in tokenizer.json
   * @param pattern the pattern at that place
   * @param work its bound
   */
  private record Bounded(String where, String pattern, PatternWork work) {}

  private final Path file;
  private final List<Bounded> patterns = new ArrayList<>();
  private final StringBuilder written = new StringBuilder();
  private final boolean normalizes;
  private final boolean rewrites;
  private boolean seesBytes;
  private boolean bytesBefore;

  private TokenizerPatterns(Path file, JsonNode root) {
    this.file = file;
    this.normalizes = root.path("normalizer").isObject();
    add("normalizer", root.path("normalizer"));
    add("pre_tokenizer", root.path("pre_tokenizer"));
    this.rewrites = seesBytes || written.codePoints().anyMatch(this::isRepeated);
    int first = patterns.size();
    add("decoder", root.path("decoder"));
    requireDecoder(root, first);
  }

  /**
   * Bounds all patterns of a tokenizer.json.
   *
   * @throws DataException if one has no bound
   */
  static TokenizerPatterns of(Path file, JsonNode root) {
    return new TokenizerPatterns(file, root);
  }

  private void add(String where, JsonNode node) {
    JsonNode pattern = node.path("pattern").path("Regex");
    if (pattern.isTextual()) {
      patterns.add(bounded(where, pattern.textValue()));
      seesBytes |= bytesBefore;
    }
    bytesBefore |= node.path("type").asText().equals(BYTES);
    written.append(node.path("content").asText()).append(node.path("prepend").asText());
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      if (child.getValue().isArray()) {
        child.getValue().forEach(each -> add(where, each));
      }
    }
  }

  /** Whether a pattern repeats a character, so that a part that writes it makes work. */
  private boolean isRepeated(int point) {
    return patterns.stream()
        .anyMatch(bounded -> bounded.work().power() > 0 && bounded.work().letters().get(point));
  }

  private Bounded bounded(String where, String pattern) {
    try {
      return new Bounded(where, pattern, PatternWork.of(pattern));
    } catch (UnprovenPatternException e) {
      throw new DataException(
          file
              + ": "
              + where
              + ": expected a regular expression whose work on a text has a bound, found '"
              + shown(pattern)
              + "': "
              + e.getMessage()
              + "; write it without a repeat inside of a repeat, or tokenize in Python and give a"
              + " column input_ids",
          e);
    }
  }

  private static String shown(String pattern) {
    return pattern.length() > 100 ? pattern.substring(0, 100) + "..." : pattern;
  }

  /** A decoder's patterns see tokens, of which all are known. */
  private void requireDecoder(JsonNode root, int first) {
    List<Bounded> decoding = List.copyOf(patterns.subList(first, patterns.size()));
    patterns.subList(first, patterns.size()).clear();
    if (decoding.stream().allMatch(bounded -> bounded.work().power() == 0)) {
      return;
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    vocabulary.fieldNames().forEachRemaining(token -> require(decoding, token));
    if (vocabulary.isArray()) {
      vocabulary.forEach(piece -> require(decoding, piece.path(0).asText()));
    }
    root.path("added_tokens").forEach(token -> require(decoding, token.path("content").asText()));
  }

  /**
   * Refuses a text on which a pattern takes too long.
   *
   * @throws DataException with the pattern
   */
  void require(String text) {
    if (patterns.stream().allMatch(bounded -> bounded.work().power() == 0)) {
      return;
    }
    require(patterns, normalizes ? Normalizer.normalize(text, Normalizer.Form.NFKD) : text);
  }

  private void require(List<Bounded> all, String text) {
    for (Bounded bounded : all) {
      boolean allowed =
          rewrites
              ? bounded.work().allowsAnything((long) BYTES_OF_CHARACTER * text.length())
              : bounded.work().allows(text);
      if (!allowed) {
        throw new DataException(
            file
                + ": "
                + bounded.where()
                + ": expected texts on which the regular expression '"
                + shown(bounded.pattern())
                + "' comes to an end, found one of "
                + text.length()
                + " characters with a long run of those that it repeats; shorten such runs, or"
                + " tokenize in Python and give a column input_ids");
      }
    }
  }
}
