package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tokenizer that {@code AutoTokenizer.from_pretrained} of transformers makes of a folder.
 *
 * @param json the tokenizer.json that says all of it
 * @param special its special tokens by name, such as {@code pad_token}
 * @param types whether Python gives token_type_ids for it
 * @param cutsLeft whether a text that is too long loses its beginning
 * @param blankBeforeWords whether single words need a blank before them, for which Python requires
 *     add_prefix_space
 * @param languages that its texts are marked with, if they are
 * @param notes decisions, for people
 * @param decided keys that tokenizer_config.json does not have, and that make Python decide the
 *     same
 */
public record FolderTokenizer(
    ObjectNode json,
    Map<String, String> special,
    boolean types,
    boolean cutsLeft,
    boolean blankBeforeWords,
    Optional<Languages> languages,
    List<String> notes,
    Map<String, JsonNode> decided) {

  /** The largest that are known, of a quarter of a million tokens, take 17 to 34 MB. */
  private static final long MOST_BYTES = 48L << 20;

  /**
   * Reads a folder.
   *
   * @param lowerCase as the caller says; empty: as the files say
   * @throws DataException if it holds no tokenizer, or one that Belay cannot give the tokens of
   */
  public static FolderTokenizer read(TokenizerFiles files, Optional<Boolean> lowerCase) {
    TokenizerFolder folder = TokenizerFolder.read(files);
    lowerCase.ifPresent(lower -> folder.settings().root().put(BertSettings.LOWER_CASE, lower));
    Convention convention = Convention.of(folder);
    FolderChecks.require(folder, convention);
    TokenizerClass tokenizerClass = TokenizerClasses.of(folder, convention);
    SpecialTokens special = SpecialTokensReader.read(folder, tokenizerClass, convention);
    Map<String, JsonNode> decided = decided(folder, tokenizerClass, convention);
    Draft draft =
        new Draft(
            folder,
            tokenizerClass,
            special,
            JsonNodeFactory.instance.objectNode(),
            new ArrayList<>());
    BertSettings bert = BertSettings.read(folder.settings(), true);
    if (files.kind() == TokenizerFiles.Kind.VOCABULARY) {
      WordPieceVocabulary vocabulary =
          WordPieceVocabulary.read(files.definition(), convention == Convention.VERSION_5);
      bert = ofVocabulary(draft, vocabulary, decided);
      if (convention != Convention.VERSION_5) {
        boolean setsChinese = tokenizerClass.rule() == TokenizerClass.Rule.BERT;
        bert = bert.ofSlowFiles(folder.settings(), setsChinese);
      }
      draft = draft.with(fromWordPieces(draft, vocabulary, bert));
    } else if (files.kind() == TokenizerFiles.Kind.BYTE_PAIRS) {
      Version4.requireFiles(folder, tokenizerClass);
      boolean space = folder.settings().flag(TokenizerParts.ADD_PREFIX_SPACE).orElse(false);
      draft = draft.with(BytePairFiles.toTokenizerJson(files, convention, space));
    } else {
      draft = draft.with(ofJson(files, lowerCase));
    }
    if (convention == Convention.VERSION_5) {
      draft = Version5.complete(draft, bert);
    } else {
      Version4.complete(draft, convention, bert);
    }
    TokenizerParts.renewMetaspaces(draft.root());
    return of(draft, convention, decided);
  }

  private static FolderTokenizer of(
      Draft draft, Convention convention, Map<String, JsonNode> decided) {
    JsonFile settings = draft.settings();
    Map<String, String> special = new LinkedHashMap<>();
    SpecialTokens.NAMES.forEach(
        name -> draft.special().text(name).ifPresent(text -> special.put(name, text)));
    JsonNode names = settings.root().path("model_input_names");
    boolean types = draft.tokenizerClass().types();
    if (names.isArray()) {
      types = false;
      for (JsonNode name : names) {
        types |= name.asText().equals("token_type_ids");
      }
    }
    return new FolderTokenizer(
        draft.root(),
        Map.copyOf(special),
        types,
        FolderChecks.cutsLeft(settings, draft.root(), convention),
        wantsBlanks(draft),
        Languages.of(draft),
        List.copyOf(draft.notes()),
        Map.copyOf(decided));
  }

  /**
   * The classes of GPT-2 and RoBERTa take no single words without add_prefix_space; one that takes
   * tokenizer.json as it is takes them as they are.
   */
  private static boolean wantsBlanks(Draft draft) {
    boolean asItIs =
        draft.tokenizerClass().rule() == TokenizerClass.Rule.FILE
            && TokenizerClasses.isNamed(draft.folder());
    JsonNode split = draft.root().path("pre_tokenizer");
    return !asItIs
        && split.path("type").asText().equals("ByteLevel")
        && !split.path(TokenizerParts.ADD_PREFIX_SPACE).asBoolean();
  }

  /** Keys from which Python determines the same class and version of these files alone. */
  private static Map<String, JsonNode> decided(
      TokenizerFolder folder, TokenizerClass tokenizerClass, Convention convention) {
    Map<String, JsonNode> decided = new LinkedHashMap<>();
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (!TokenizerClasses.isNamed(folder)) {
      decided.put(TokenizerClasses.CLASS, json.textNode(tokenizerClass.name()));
    }
    if (!folder.settings().has(Convention.VERSION) && convention != Convention.VERSION_4) {
      folder
          .model()
          .text(Convention.VERSION)
          .ifPresent(version -> decided.put(Convention.VERSION, json.textNode(version)));
    }
    return decided;
  }

  /** A vocabulary with capital letters keeps them where no file says do_lower_case. */
  private static BertSettings ofVocabulary(
      Draft draft, WordPieceVocabulary vocabulary, Map<String, JsonNode> decided) {
    Version4.requireFiles(draft.folder(), draft.tokenizerClass());
    boolean lower = !vocabulary.isCased();
    if (!draft.settings().has(BertSettings.LOWER_CASE)) {
      decided.put(BertSettings.LOWER_CASE, JsonNodeFactory.instance.booleanNode(lower));
      draft.note(
          "no tokenizer_config.json says do_lower_case; the vocabulary "
              + (lower
                  ? "has no capital letters: texts are put in lower case"
                  : "has capital letters: texts keep theirs"));
    }
    return BertSettings.read(draft.settings(), lower);
  }

  private static ObjectNode fromWordPieces(
      Draft draft, WordPieceVocabulary vocabulary, BertSettings bert) {
    List<String> needed = new ArrayList<>();
    for (String name : List.of("unk_token", "cls_token", "sep_token")) {
      needed.add(draft.special().require(draft.settings(), name));
    }
    vocabulary.require(needed);
    return vocabulary.toTokenizerJson(bert, needed.get(0));
  }

  private static ObjectNode ofJson(TokenizerFiles files, Optional<Boolean> lowerCase) {
    ObjectNode root = JsonFile.read(files.definition(), MOST_BYTES).root();
    if (!root.path("model").isObject()) {
      throw new DataException(
          files.definition()
              + ": not a tokenizer.json: expected an object 'model' in it; is this the right"
              + " file?");
    }
    if (lowerCase.isPresent()
        && !root.path("normalizer").path("type").asText().equals("BertNormalizer")) {
      throw new DataException(
          files.definition()
              + ": do_lower_case was given, but this tokenizer has no BERT normalizer to set it in;"
              + " leave it out: tokenizer.json says how texts are normalised");
    }
    return root;
  }
}
