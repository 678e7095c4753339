package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Builds the tokenizer that transformers 5 loads from a folder: the class takes the vocabulary, the
 * merges, the table of characters, the post-processor and the added tokens of tokenizer.json, and
 * builds the rest itself.
 */
final class Version5 {
  private final Draft draft;
  private final JsonFile settings;
  private final SpecialTokens special;

  private Version5(Draft draft) {
    this.draft = draft;
    this.settings = draft.settings();
    this.special = draft.special();
  }

  /**
   * Completes a draft.
   *
   * @param bert the settings of BERT's normalizer
   * @return the tokenizer.json, a new one if the class builds one
   */
  static Draft complete(Draft draft, BertSettings bert) {
    Version5 version = new Version5(draft);
    Map<Integer, AddedToken> table = Version4.decoder(draft);
    Draft built = draft.isJson() ? draft.with(version.rebuilt(bert)) : draft;
    for (String part : List.of("truncation", "padding")) {
      built.root().set(part, draft.root().get(part));
    }
    AddedVocabulary added =
        new AddedVocabulary(AddedVocabulary.Rules.TOKENIZERS_0_23, built.vocabulary());
    if (draft.tokenizerClass().rule() == TokenizerClass.Rule.FILE) {
      added.add(List.copyOf(draft.listed().values()));
    }
    version.add(added, table);
    built.write(added);
    ToIntFunction<String> ids = token -> built.idOf(added, token);
    JsonNode processor =
        Languages.of(built)
            .map(languages -> languages.postProcessor(built, ids))
            .orElseGet(() -> version.postProcessor(ids));
    built.root().set("post_processor", processor);
    return built;
  }

  private void add(AddedVocabulary added, Map<Integer, AddedToken> table) {
    special.takeFlags(Version4.byContent(table));
    Set<String> known = added.contents();
    List<AddedToken> tokens = new ArrayList<>(table.values());
    table.values().forEach(token -> known.add(token.content()));
    Set<String> names = new HashSet<>();
    List<SpecialTokens.Given> given = new ArrayList<>();
    for (SpecialTokens.Given token : special.named()) {
      names.add(token.content());
      addUnlessEqual(given, token);
    }
    for (SpecialTokens.Given token : special.additional()) {
      boolean text = token.asText();
      addUnlessEqual(
          given, text ? new SpecialTokens.Given(token.token().asSpecial(), true) : token);
    }
    given.stream()
        .filter(token -> !known.contains(token.content()))
        .forEach(token -> tokens.add(token.token()));
    added.add(
        tokens.stream()
            .map(token -> names.contains(token.content()) ? token.asSpecial() : token)
            .toList());
  }

  /**
   * Python adds a token only if the list does not contain it: a text equals a text, never an object
   * with the same text. Of several, the flags of the last one count.
   */
  private static void addUnlessEqual(List<SpecialTokens.Given> given, SpecialTokens.Given token) {
    if (given.stream().noneMatch(token::equalsInPython)) {
      given.add(token);
    }
  }

  /** Parts that the class builds in place of those of tokenizer.json. */
  private ObjectNode rebuilt(BertSettings bert) {
    JsonNode model = draft.root().path("model");
    JsonNode vocabulary = model.path("vocab");
    boolean prefixSpace = flag(TokenizerParts.ADD_PREFIX_SPACE, false);
    return switch (draft.tokenizerClass().rule()) {
      case FILE, BYTES, BERT_CASE -> draft.root();
      case BERT, MPNET ->
          WordPieceVocabulary.tokenizerJson(
              bert, special.require(settings, "unk_token"), object(vocabulary));
      case ROBERTA, GPT2, DEBERTA ->
          BytePairFiles.tokenizerJson(object(vocabulary), model.path("merges"), prefixSpace);
      case GPT_NEOX -> {
        ObjectNode root =
            BytePairFiles.tokenizerJson(object(vocabulary), model.path("merges"), prefixSpace);
        root.putObject("normalizer").put("type", "NFC");
        yield root;
      }
      case LLAMA -> pieces(object(vocabulary), model.path("merges"));
      case T5 -> unigram(2, characterMap(), true);
      case MBART -> unigram(3, JsonNodeFactory.instance.nullNode(), true);
      case MBART50 -> {
        ObjectNode root = unigram(3, singleBlanks(), true);
        root.set("pre_tokenizer", TokenizerParts.metaspace(true));
        yield root;
      }
      case DEBERTA_V2 -> withPunctuation();
      case ALBERT -> unigram(1, albertNormalizer(), flag(TokenizerParts.ADD_PREFIX_SPACE, true));
      case XLM_ROBERTA -> unigram(3, characterMap(), flag(TokenizerParts.ADD_PREFIX_SPACE, true));
      case CAMEMBERT ->
          unigram(
              Math.max(position(special.require(settings, "unk_token")), 0),
              characterMap(),
              flag(TokenizerParts.ADD_PREFIX_SPACE, true));
    };
  }

  private boolean flag(String key, boolean otherwise) {
    return settings.flag(key).orElse(otherwise);
  }

  private ObjectNode object(JsonNode vocabulary) {
    if (vocabulary instanceof ObjectNode object) {
      return object.deepCopy();
    }
    throw wrongModel("tokens with their ids");
  }

  private DataException wrongModel(String expected) {
    return new DataException(
        draft.file()
            + ": model.vocab: expected "
            + expected
            + " for "
            + draft.tokenizerClass().name()
            + ", found those of "
            + draft.root().path("model").path("type").asText("another model")
            + "; write the right tokenizer_class into "
            + settings.path());
  }

  /** Llama's BPE, which spells what it does not know by bytes. */
  private ObjectNode pieces(ObjectNode vocabulary, JsonNode merges) {
    boolean prefixSpace = flag(TokenizerParts.ADD_PREFIX_SPACE, true);
    String scheme = !prefixSpace ? "never" : flag("legacy", false) ? "always" : "first";
    ObjectNode root = TokenizerParts.empty();
    root.putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", "\u2581")
        .put("prepend_scheme", scheme)
        .put("split", false);
    root.set("decoder", draft.root().path("decoder"));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", true).put("byte_fallback", true);
    model.put("ignore_merges", false).set("vocab", vocabulary);
    model.set("merges", merges);
    return root;
  }

  private ObjectNode unigram(int unknown, JsonNode normalizer, boolean prefixSpace) {
    if (!(draft.root().path("model").path("vocab") instanceof ArrayNode vocabulary)) {
      throw wrongModel("a list of tokens with scores");
    }
    ObjectNode root = TokenizerParts.empty();
    root.set("normalizer", normalizer);
    root.set("pre_tokenizer", TokenizerParts.words(prefixSpace));
    root.set("decoder", TokenizerParts.metaspace(prefixSpace));
    root.putObject("model")
        .put("type", "Unigram")
        .put("unk_id", unknown)
        .put("byte_fallback", false)
        .set("vocab", vocabulary);
    return root;
  }

  /** Pieces of words, and of marks of punctuation where the settings divide words there. */
  private ObjectNode withPunctuation() {
    String unknown = special.require(settings, "unk_token");
    int at = position(unknown);
    boolean listed =
        at >= 0 && draft.root().path("model").path("vocab").path(at).path(1).asDouble() == 0;
    ObjectNode normalizer = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    ArrayNode changes = normalizer.putArray("normalizers");
    if (flag(BertSettings.LOWER_CASE, false)) {
      changes.addObject().put("type", "Lowercase");
    }
    replace(changes, "\\s{2,}|[\\n\\r\\t]");
    changes.addObject().put("type", "NFC");
    changes.addObject().put("type", "Strip").put("strip_left", false).put("strip_right", true);
    ObjectNode root =
        unigram(listed ? at : settings.root().path("unk_id").asInt(1), normalizer, true);
    ObjectNode words = root.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode parts = words.putArray("pretokenizers");
    if (flag("split_by_punct", false)) {
      parts.addObject().put("type", "Punctuation").put("behavior", "Isolated");
    }
    boolean always = flag(TokenizerParts.ADD_PREFIX_SPACE, true);
    parts.add(TokenizerParts.metaspace(true).put("prepend_scheme", always ? "always" : "first"));
    return root;
  }

  private static void replace(ArrayNode changes, String pattern) {
    ObjectNode replace = changes.addObject().put("type", "Replace");
    replace.putObject("pattern").put("Regex", pattern);
    replace.put("content", " ");
  }

  /** The table of characters, then one blank in place of several. */
  private JsonNode singleBlanks() {
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("normalizers");
    JsonNode map = characterMap();
    if (map.isObject()) {
      parts.add(map);
    }
    replace(parts, " {2,}");
    return sequence;
  }

  private int position(String token) {
    JsonNode vocabulary = draft.root().path("model").path("vocab");
    for (int i = 0; i < vocabulary.size(); i++) {
      if (vocabulary.path(i).path(0).asText().equals(token)) {
        return i;
      }
    }
    return -1;
  }

  /** The first table of characters in the normalizer of tokenizer.json, or none. */
  private JsonNode characterMap() {
    JsonNode normalizer = draft.root().path("normalizer");
    JsonNode parts =
        normalizer.path("type").asText().equals("Sequence")
            ? normalizer.path("normalizers")
            : JsonNodeFactory.instance.arrayNode().add(normalizer);
    for (JsonNode part : parts) {
      if (part.path("type").asText().equals("Precompiled")) {
        return part;
      }
    }
    return JsonNodeFactory.instance.nullNode();
  }

  private ObjectNode albertNormalizer() {
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("normalizers");
    for (String quotes : List.of("``", "''")) {
      ObjectNode replace = parts.addObject().put("type", "Replace");
      replace.putObject("pattern").put("String", quotes);
      replace.put("content", "\"");
    }
    if (!flag("keep_accents", false)) {
      parts.addObject().put("type", "NFKD");
      parts.addObject().put("type", "StripAccents");
    }
    if (flag(BertSettings.LOWER_CASE, true)) {
      parts.addObject().put("type", "Lowercase");
    }
    JsonNode map = characterMap();
    if (map.isObject()) {
      parts.add(map);
    }
    return sequence;
  }

  /** The post-processor that the class sets, or that of tokenizer.json. */
  private JsonNode postProcessor(ToIntFunction<String> ids) {
    JsonNode there = draft.root().path("post_processor");
    String classify = special.text("cls_token").orElse("");
    String separate = special.text("sep_token").orElse("");
    String begin = special.text("bos_token").orElse("");
    String end = special.text("eos_token").orElse("");
    return switch (draft.tokenizerClass().rule()) {
      case BERT, DEBERTA_V2 -> pairOf(classify, separate, ids);
      case DEBERTA ->
          TokenizerParts.template(
              classify + " $A " + separate,
              classify + " $A " + separate + " " + separate + " $B " + separate,
              ids);
      case MPNET, ROBERTA ->
          TokenizerParts.robertaProcessing(separate, classify, ids)
              .put(TokenizerParts.TRIM_OFFSETS, flag(TokenizerParts.TRIM_OFFSETS, true))
              .put(TokenizerParts.ADD_PREFIX_SPACE, flag(TokenizerParts.ADD_PREFIX_SPACE, false));
      case T5 -> TokenizerParts.template("$A </s>", "$A </s> $B </s>", ofEnd(ids, end));
      case XLM_ROBERTA, CAMEMBERT ->
          TokenizerParts.template(
              begin + " $A " + end, begin + " $A " + end + " " + end + " $B " + end, ids);
      case ALBERT -> there.isObject() ? there : pairOf("[CLS]", "[SEP]", ids);
      default -> there.isObject() ? there : withoutProcessor(begin, end, ids);
    };
  }

  /** T5's template writes the end by its usual name, and takes the id that it has. */
  private static ToIntFunction<String> ofEnd(ToIntFunction<String> ids, String end) {
    return token -> ids.applyAsInt(end);
  }

  private static JsonNode pairOf(String begin, String separate, ToIntFunction<String> ids) {
    String single = begin + " $A " + separate;
    return TokenizerParts.template(single, single + " $B:1 " + separate + ":1", ids);
  }

  /** add_bos_token and add_eos_token count where there is no tokenizer.json. */
  private JsonNode withoutProcessor(String begin, String end, ToIntFunction<String> ids) {
    boolean begins = !draft.isJson() && flag("add_bos_token", false) && !begin.isEmpty();
    boolean ends = !draft.isJson() && flag("add_eos_token", false) && !end.isEmpty();
    String single = (begins ? begin + " " : "") + "$A" + (ends ? " " + end : "");
    String pair =
        single + (begins ? " " + begin + ":1" : "") + " $B:1" + (ends ? " " + end + ":1" : "");
    return TokenizerParts.template(single, pair, ids);
  }
}
