package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The special tokens of a tokenizer, by name and without: what the class has, changed by
 * tokenizer_config.json, then by special_tokens_map.json.
 */
final class SpecialTokens {
  /** Names in the order in which Python adds them. */
  static final List<String> NAMES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final String MASK = "mask_token";

  /** A token with the flags that a file or a class gave it, or its text alone. */
  record Given(AddedToken token, boolean asText) {
    String content() {
      return token.content();
    }

    /** Whether Python's {@code ==} holds: between two texts, or two objects with the same flags. */
    boolean equalsInPython(Given other) {
      return asText == other.asText
          && (asText ? content().equals(other.content()) : token.isSame(other.token));
    }
  }

  private final TokenizerClass tokenizerClass;
  private final Map<String, Given> named = new LinkedHashMap<>();
  private final Set<String> said = new HashSet<>();
  private final List<Given> additional = new ArrayList<>();

  SpecialTokens(TokenizerClass tokenizerClass) {
    this.tokenizerClass = tokenizerClass;
    NAMES.forEach(
        name ->
            Optional.ofNullable(tokenizerClass.special().get(name))
                .ifPresent(text -> named.put(name, stripped(name, ofText(text), false))));
    tokenizerClass.additional().forEach(text -> additional.add(ofText(text)));
  }

  /** Takes what a file says, null among it, over what was there. */
  void takeSettings(JsonFile file) {
    take(file, false);
  }

  /** Makes objects of the named tokens, which Python then looks for in normalized text. */
  void makeObjects() {
    named.replaceAll((name, given) -> new Given(given.token().normalizedUnlessSaid(), false));
  }

  /** Takes special_tokens_map.json, which Python sets after its class was made. */
  void takeMap(JsonFile file) {
    take(file, true);
  }

  private void take(JsonFile file, boolean afterwards) {
    for (String name : NAMES) {
      JsonNode value = file.root().path(name);
      if (value.isNull()) {
        named.remove(name);
        said.add(name);
      } else if (!value.isMissingNode()) {
        named.put(name, stripped(name, given(file, name, value), afterwards));
        said.add(name);
      }
    }
  }

  /** Replaces the tokens without a name by those of a list, if it is one. */
  void replaceAdditional(JsonFile file, String key) {
    JsonNode list = file.root().path(key);
    if (list.isArray()) {
      additional.clear();
      list.forEach(value -> additional.add(given(file, key, value)));
    }
  }

  /** Adds those tokens of a list that are not there yet. */
  void mergeAdditional(JsonFile file, String key) {
    JsonNode list = file.root().path(key);
    for (JsonNode value : list) {
      Given given = given(file, key, value);
      if (!additional.contains(given)) {
        additional.add(given);
      }
    }
  }

  void setAdditional(List<String> texts) {
    additional.clear();
    texts.forEach(text -> additional.add(ofText(text)));
  }

  /** Gives the tokens that a file names the flags of those in a table of added tokens. */
  void takeFlags(Map<String, AddedToken> table) {
    named.replaceAll(
        (name, given) ->
            said.contains(name) && table.containsKey(given.content())
                ? new Given(table.get(given.content()), false)
                : given);
  }

  private static Given given(JsonFile file, String key, JsonNode value) {
    if (!AddedToken.isToken(value)) {
      throw file.refused(key, "a token, or an object with its content", value);
    }
    return new Given(AddedToken.of(value), value.isTextual());
  }

  private static Given ofText(String text) {
    return new Given(AddedToken.of(text, true), true);
  }

  /** A mask that is given by its text alone takes the blanks before it, if the class says so. */
  private Given stripped(String name, Given given, boolean afterwards) {
    boolean strips =
        switch (tokenizerClass.mask()) {
          case NO -> false;
          case CLASS -> !afterwards;
          case ALWAYS -> true;
        };
    return name.equals(MASK) && given.asText() && strips
        ? new Given(AddedToken.of(given.content(), true).with(AddedToken.Flags.STRIP_LEFT), false)
        : given;
  }

  /** The text of a token by its name. */
  Optional<String> text(String name) {
    return Optional.ofNullable(named.get(name)).map(Given::content);
  }

  /**
   * The text of a token that the tokenizer cannot do without.
   *
   * @throws DataException if no file names it
   */
  String require(JsonFile settings, String name) {
    return text(name)
        .orElseThrow(
            () -> settings.refused(name, "a token", "null", "name the token that stands for it"));
  }

  /** The named tokens in their order, a text as often as it is named. */
  List<Given> named() {
    return NAMES.stream().filter(named::containsKey).map(named::get).toList();
  }

  List<Given> additional() {
    return List.copyOf(additional);
  }
}
