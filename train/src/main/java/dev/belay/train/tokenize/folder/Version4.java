package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Builds the tokenizer that transformers 4 loads from a folder: tokenizer.json, or the tokenizer of
 * vocab.txt or of vocab.json, with the settings of its class and the added tokens of the other
 * files.
 */
final class Version4 {
  private final Draft draft;

  private Version4(Draft draft) {
    this.draft = draft;
  }

  /**
   * Completes a draft.
   *
   * @param bert the settings of BERT's normalizer
   */
  static void complete(Draft draft, Convention convention, BertSettings bert) {
    Version4 version = new Version4(draft);
    if (draft.isJson()) {
      new ClassSettings(draft, convention).apply(bert);
    }
    AddedVocabulary added =
        convention == Convention.VERSION_4 ? version.sanitized() : version.decoded();
    draft.write(added);
    Optional<Languages> languages = Languages.of(draft);
    if (draft.tokenizerClass().rule() == TokenizerClass.Rule.LLAMA) {
      draft.root().set("post_processor", version.ends(added));
    } else if (languages.isPresent()) {
      ToIntFunction<String> ids = token -> draft.idOf(added, token);
      draft.root().set("post_processor", languages.get().postProcessor(draft, ids));
    } else if (!draft.isJson()) {
      draft.root().set("post_processor", version.postProcessor(added));
    }
  }

  /** Up to 4.33: what is there, then added_tokens.json, then all special tokens once more. */
  private AddedVocabulary sanitized() {
    AddedVocabulary added =
        new AddedVocabulary(AddedVocabulary.Rules.TOKENIZERS_0_13, draft.vocabulary());
    added.add(List.copyOf(draft.listed().values()));
    List<AddedToken> special = new ArrayList<>();
    Set<SpecialTokens.Given> seen = new HashSet<>();
    Set<String> names = new HashSet<>();
    List<SpecialTokens.Given> all = new ArrayList<>(draft.special().named());
    all.addAll(draft.special().additional());
    for (SpecialTokens.Given given : all) {
      names.add(given.content());
      if (seen.add(new SpecialTokens.Given(AddedToken.of(given.content(), true), given.asText()))) {
        special.add(given.token().asSpecial());
      }
    }
    addFile(added, names);
    added.add(special);
    return added;
  }

  /** Adds added_tokens.json in the order of its ids, those that are special apart. */
  private void addFile(AddedVocabulary added, Set<String> special) {
    JsonFile file = draft.folder().addedTokens();
    List<AddedToken> batch = new ArrayList<>();
    for (Map.Entry<String, Integer> entry : byId(file)) {
      String token = entry.getKey();
      int next = added.size() + batch.size();
      boolean expected =
          entry.getValue() == next
              || (draft.isJson() && added.id(token).orElse(unknownId(added)) == entry.getValue());
      if (!expected) {
        throw file.refused(
            token,
            "the id " + (draft.isJson() ? added.id(token).orElse(next) : next),
            entry.getValue().toString(),
            "Python refuses it too: load the tokenizer that wrote it and save it again");
      }
      boolean isSpecial = special.contains(token);
      if (!batch.isEmpty() && batch.get(0).special() != isSpecial) {
        added.add(batch);
        batch.clear();
      }
      batch.add(AddedToken.of(token, isSpecial));
    }
    added.add(batch);
  }

  private int unknownId(AddedVocabulary added) {
    return draft.special().text("unk_token").map(token -> added.id(token).orElse(-1)).orElse(-1);
  }

  private static List<Map.Entry<String, Integer>> byId(JsonFile file) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : file.root().properties()) {
      if (!entry.getValue().canConvertToInt() || !entry.getValue().isIntegralNumber()) {
        throw file.refused(entry.getKey(), "an id", entry.getValue());
      }
      ids.put(entry.getKey(), entry.getValue().intValue());
    }
    return ids.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
  }

  /** From 4.34 on: a table of added tokens, then the special tokens that are not in it. */
  private AddedVocabulary decoded() {
    AddedVocabulary added =
        new AddedVocabulary(AddedVocabulary.Rules.TOKENIZERS_0_21, draft.vocabulary());
    added.add(List.copyOf(draft.listed().values()));
    Map<Integer, AddedToken> table = decoder(draft);
    draft.special().takeFlags(byContent(table));
    Set<String> known = added.contents();
    List<AddedToken> tokens = new ArrayList<>(table.values());
    table.values().forEach(token -> known.add(token.content()));
    Set<String> special = new HashSet<>();
    List<SpecialTokens.Given> all = new ArrayList<>(draft.special().named());
    all.addAll(draft.special().additional());
    for (SpecialTokens.Given given : all) {
      boolean isNew = special.add(given.content());
      if (isNew && !(given.asText() && known.contains(given.content()))) {
        tokens.add(given.token());
      }
    }
    added.add(
        tokens.stream()
            .map(token -> special.contains(token.content()) ? token.asSpecial() : token)
            .toList());
    return added;
  }

  /**
   * The table of added tokens by their ids: added_tokens_decoder, else what
   * special_tokens_map.json, added_tokens.json and tokenizer.json say.
   */
  static Map<Integer, AddedToken> decoder(Draft draft) {
    Map<Integer, AddedToken> table = new TreeMap<>();
    JsonFile settings = draft.settings();
    JsonNode decoder = settings.root().path("added_tokens_decoder");
    if (decoder.isObject()) {
      for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
        if (!entry.getKey().matches("[0-9]{1,9}") || !AddedToken.isToken(entry.getValue())) {
          throw settings.refused(
              "added_tokens_decoder",
              "tokens by their ids",
              entry.getKey() + ": " + JsonFile.shown(entry.getValue()),
              "is the file damaged?");
        }
        table.put(Integer.valueOf(entry.getKey()), AddedToken.of(entry.getValue()));
      }
      return table;
    }
    Set<String> special = new HashSet<>();
    draft.special().named().forEach(given -> special.add(given.content()));
    draft.special().additional().forEach(given -> special.add(given.content()));
    for (Map.Entry<String, Integer> entry : byId(draft.folder().addedTokens())) {
      boolean isSpecial = special.contains(entry.getKey());
      table.put(entry.getValue(), AddedToken.of(entry.getKey(), isSpecial));
    }
    table.putAll(draft.listed());
    return table;
  }

  static Map<String, AddedToken> byContent(Map<Integer, AddedToken> table) {
    Map<String, AddedToken> byContent = new LinkedHashMap<>();
    table.values().stream()
        .sorted(Comparator.comparing(AddedToken::content))
        .forEach(token -> byContent.put(token.content(), token));
    return byContent;
  }

  /**
   * Positions of the special tokens, for a class that builds its tokenizer without tokenizer.json.
   */
  private JsonNode postProcessor(AddedVocabulary added) {
    JsonFile settings = draft.settings();
    SpecialTokens special = draft.special();
    String classify = special.text("cls_token").orElse("");
    String separate = special.text("sep_token").orElse("");
    return switch (draft.tokenizerClass().slowFiles()) {
      case NONE -> throw new IllegalStateException("a class without files of its own");
      case WORDPIECE -> pairOf(classify + ":0", separate, added);
      case WORDPIECE_FUNNEL -> pairOf(classify + ":2", separate, added);
      case DEBERTA -> pairOf("[CLS]", "[SEP]", added);
      case WORDPIECE_MPNET -> {
        String single = classify + " $A " + separate;
        yield template(single, single + " " + separate + ":0 $B:1 " + separate + ":1", added);
      }
      case ROBERTA ->
          TokenizerParts.robertaProcessing(separate, classify, token -> draft.idOf(added, token))
              .put(TokenizerParts.TRIM_OFFSETS, true)
              .put(
                  TokenizerParts.ADD_PREFIX_SPACE,
                  settings.flag(TokenizerParts.ADD_PREFIX_SPACE).orElse(false));
      case BLENDERBOT ->
          template("$A " + special.require(settings, "eos_token"), "$A:0 $B:1", added);
      case GPT2 -> gpt2Processor(added);
    };
  }

  /** Llama's class puts words at the ends by its own keys, whatever tokenizer.json has there. */
  private JsonNode ends(AddedVocabulary added) {
    JsonFile settings = draft.settings();
    if (settings.has(TokenizerParts.ADD_PREFIX_SPACE)) {
      throw settings.refused(
          TokenizerParts.ADD_PREFIX_SPACE,
          "no such key, by which Python makes the tokenizer of tokenizer.model",
          JsonFile.shown(settings.root().path(TokenizerParts.ADD_PREFIX_SPACE)),
          "write \"tokenizer_class\": \"PreTrainedTokenizerFast\" if tokenizer.json is all of it,"
              + " or save the tokenizer again in Python");
    }
    boolean begins = settings.flag("add_bos_token").orElse(true);
    boolean ends = settings.flag("add_eos_token").orElse(false);
    String first = begins ? draft.special().require(settings, "bos_token") : "";
    String last = ends ? draft.special().require(settings, "eos_token") : "";
    String single = (begins ? first + " " : "") + "$A" + (ends ? " " + last : "");
    String pair =
        single + (begins ? " " + first + ":1" : "") + " $B:1" + (ends ? " " + last + ":1" : "");
    return template(single, pair, added);
  }

  private JsonNode gpt2Processor(AddedVocabulary added) {
    if (!draft.settings().flag("add_bos_token").orElse(false)) {
      ObjectNode processor = TokenizerParts.byteLevel(true);
      return processor.put(TokenizerParts.TRIM_OFFSETS, false);
    }
    String begin = draft.special().require(draft.settings(), "bos_token");
    return template(begin + " $A", begin + " $A $B:1", added);
  }

  private JsonNode pairOf(String begin, String separate, AddedVocabulary added) {
    String single = begin + " $A " + separate;
    return template(single, single + " $B:1 " + separate + ":1", added);
  }

  private JsonNode template(String single, String pair, AddedVocabulary added) {
    return TokenizerParts.template(single, pair, token -> draft.idOf(added, token));
  }

  /** Refuses a definition that is not the one that the class reads. */
  static void requireFiles(TokenizerFolder folder, TokenizerClass tokenizerClass) {
    Optional<TokenizerFiles.Kind> wanted = tokenizerClass.slowFiles().kind();
    if (!wanted.equals(Optional.of(folder.files().kind()))) {
      throw new DataException(
          folder.files().definition()
              + ": "
              + tokenizerClass.name()
              + " is not made of "
              + folder.files().kind().fileName()
              + "; expected "
              + wanted
                  .filter(kind -> kind == TokenizerFiles.Kind.BYTE_PAIRS)
                  .map(kind -> "vocab.json with merges.txt, or ")
                  .or(() -> wanted.map(kind -> kind.fileName() + " or "))
                  .orElse("")
              + "tokenizer.json: "
              + TokenizerFiles.CONVERT);
    }
  }
}
