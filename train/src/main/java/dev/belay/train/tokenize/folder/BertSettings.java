package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Options of BERT's normalizer, from tokenizer_config.json or else the defaults of the Python
 * classes.
 *
 * @param lowerCase {@code do_lower_case}
 * @param stripAccents {@code strip_accents}; empty: as lowerCase
 * @param splitChinese {@code tokenize_chinese_chars}
 */
record BertSettings(boolean lowerCase, Optional<Boolean> stripAccents, boolean splitChinese) {
  static final String LOWER_CASE = "do_lower_case";
  private static final String STRIP_ACCENTS = "strip_accents";
  private static final String SPLIT_CHINESE = "tokenize_chinese_chars";
  private static final String BASIC = "do_basic_tokenize";

  /** {@link #LOWER_CASE}, {@link #STRIP_ACCENTS} and {@link #SPLIT_CHINESE} of the normalizer. */
  private static final List<String> KEYS =
      List.of("lowercase", "strip_accents", "handle_chinese_chars");

  /**
   * Reads the settings.
   *
   * @param lowerCase default without the key in the file
   */
  static BertSettings read(JsonFile settings, boolean lowerCase) {
    return new BertSettings(
        settings.flag(LOWER_CASE).orElse(lowerCase),
        settings.flag(STRIP_ACCENTS),
        settings.flag(SPLIT_CHINESE).orElse(true));
  }

  /**
   * The settings that a class of transformers 4 makes its tokenizer of vocab.txt with.
   *
   * @param setsChinese whether the class sets the splitting of Chinese characters afterwards, which
   *     {@code do_basic_tokenize} has turned off
   */
  BertSettings ofSlowFiles(JsonFile settings, boolean setsChinese) {
    boolean basic = setsChinese || settings.flag(BASIC).orElse(true);
    return new BertSettings(lowerCase, stripAccents, splitChinese && basic);
  }

  /** The settings of a normalizer. */
  static BertSettings ofNormalizer(ObjectNode normalizer) {
    JsonNode accents = normalizer.path(KEYS.get(1));
    return new BertSettings(
        normalizer.path(KEYS.get(0)).asBoolean(true),
        accents.isBoolean() ? Optional.of(accents.booleanValue()) : Optional.empty(),
        normalizer.path(KEYS.get(2)).asBoolean(true));
  }

  /** Whether a text may become another one by these settings than by others. */
  boolean differs(BertSettings other, String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFD);
    boolean cased = !text.equals(text.toLowerCase(Locale.ROOT));
    boolean accented = !text.equals(plain) || plain.codePoints().anyMatch(BertSettings::isMark);
    boolean chinese = text.codePoints().anyMatch(Character::isIdeographic);
    return (cased && lowerCase != other.lowerCase)
        || (accented && stripsAccents() != other.stripsAccents())
        || (chinese && splitChinese != other.splitChinese);
  }

  /** As BERT's normalizer decides it: where nothing is said, lower case takes accents along. */
  private boolean stripsAccents() {
    return stripAccents.orElse(lowerCase);
  }

  private static boolean isMark(int point) {
    return Character.getType(point) == Character.NON_SPACING_MARK;
  }

  /** Whether a file has one of the keys, which only a class of BERT's kind reads. */
  static boolean isSaid(JsonFile settings) {
    return settings.has(LOWER_CASE) || settings.has(STRIP_ACCENTS) || settings.has(SPLIT_CHINESE);
  }

  /** BERT's normalizer with these settings. */
  ObjectNode normalizer() {
    ObjectNode normalizer = JsonNodeFactory.instance.objectNode();
    normalizer.put("type", "BertNormalizer").put("clean_text", true);
    normalizer.put(KEYS.get(2), splitChinese).put(KEYS.get(1), stripAccents.orElse(null));
    return normalizer.put(KEYS.get(0), lowerCase);
  }

  /**
   * Sets a normalizer as Python's fast classes do: all keys, if one that it has differs.
   *
   * @param withChinese whether the class sets the splitting of Chinese characters too
   * @return the changes, for people; empty if there are none
   */
  List<String> apply(ObjectNode normalizer, boolean withChinese) {
    ObjectNode wanted = normalizer();
    List<String> keys = withChinese ? KEYS : KEYS.subList(0, 2);
    boolean differs =
        keys.stream()
            .anyMatch(key -> normalizer.has(key) && !normalizer.get(key).equals(wanted.get(key)));
    List<String> changed = new ArrayList<>();
    if (differs) {
      for (String key : keys) {
        JsonNode value = wanted.get(key);
        if (!value.equals(normalizer.get(key))) {
          normalizer.set(key, value);
          changed.add(key + " set to " + value);
        }
      }
    }
    return changed;
  }
}
