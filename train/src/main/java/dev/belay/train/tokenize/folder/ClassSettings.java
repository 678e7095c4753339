package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.data.DataException;
import java.util.List;

/** Changes that the fast classes of transformers 4 make to any tokenizer.json. */
final class ClassSettings {
  private static final String NORMALIZER = "normalizer";
  private static final String PRE_TOKENIZER = "pre_tokenizer";
  private static final String POST_PROCESSOR = "post_processor";

  private final Draft draft;
  private final Convention convention;

  ClassSettings(Draft draft, Convention convention) {
    this.draft = draft;
    this.convention = convention;
  }

  /**
   * Applies the settings.
   *
   * @param bert the settings of BERT's normalizer
   * @throws DataException if the class needs a part that tokenizer.json does not have
   */
  void apply(BertSettings bert) {
    switch (draft.tokenizerClass().rule()) {
      case BERT -> setNormalizer(bert, true);
      case BERT_CASE -> setNormalizer(bert, false);
      case BYTES -> setPrefixSpace(required(PRE_TOKENIZER));
      case GPT_NEOX -> {
        setPrefixSpace(required(PRE_TOKENIZER));
        requireNoEnds();
      }
      case ROBERTA -> {
        setPrefixSpace(required(PRE_TOKENIZER));
        draft.part(POST_PROCESSOR).ifPresent(this::setProcessor);
      }
      default -> draft.part(PRE_TOKENIZER).ifPresent(this::requireOneMind);
    }
  }

  /** Releases since 4.34 put words at the ends by these keys, or do not read them. */
  private void requireNoEnds() {
    for (String key : List.of("add_bos_token", "add_eos_token")) {
      if (convention == Convention.VERSION_4_34 && draft.settings().flag(key).orElse(false)) {
        throw draft
            .settings()
            .refused(
                key,
                "false, since some releases of transformers 4 follow it and others do not",
                "true",
                "save the tokenizer again with transformers 5, which does not");
      }
    }
  }

  private void setNormalizer(BertSettings bert, boolean withChinese) {
    ObjectNode normalizer = required(NORMALIZER);
    BertSettings before = BertSettings.ofNormalizer(normalizer);
    List<String> changes = bert.apply(normalizer, withChinese);
    changes.forEach(
        change ->
            draft.note(change + ", as " + draft.tokenizerClass().name() + " does by " + source()));
    if (!changes.isEmpty() && convention == Convention.VERSION_4_34) {
      draft.listed().values().stream()
          .filter(token -> token.normalized() && bert.differs(before, token.content()))
          .forEach(this::refuse);
    }
  }

  /** From 4.34 on added tokens stay as the normalizer of tokenizer.json made them. */
  private void refuse(AddedToken token) {
    throw new DataException(
        draft.file()
            + ": the added token '"
            + token.content()
            + "': expected a normalizer as "
            + source()
            + " has it, since Python normalizes the token by one and texts by the other, found "
            + JsonFile.shown(draft.root().path(NORMALIZER))
            + "; load the tokenizer in Python and save it again");
  }

  private void setPrefixSpace(ObjectNode preTokenizer) {
    set(preTokenizer, TokenizerParts.ADD_PREFIX_SPACE, wanted(false));
  }

  private void setProcessor(ObjectNode processor) {
    set(processor, TokenizerParts.ADD_PREFIX_SPACE, wanted(false));
    set(
        processor,
        TokenizerParts.TRIM_OFFSETS,
        draft.settings().flag(TokenizerParts.TRIM_OFFSETS).orElse(true));
  }

  private void set(ObjectNode part, String key, boolean value) {
    JsonNode there = part.path(key);
    if (there.isBoolean() && there.booleanValue() != value) {
      part.put(key, value);
      draft.note(
          part.path("type").asText()
              + "."
              + key
              + " set to "
              + value
              + ", as "
              + draft.tokenizerClass().name()
              + " does by "
              + source());
    }
  }

  private boolean wanted(boolean otherwise) {
    return draft.settings().flag(TokenizerParts.ADD_PREFIX_SPACE).orElse(otherwise);
  }

  private String source() {
    return draft.settings().root().isEmpty()
        ? "default: there is no " + ModelFiles.TOKENIZER_CONFIG
        : ModelFiles.TOKENIZER_CONFIG;
  }

  /** From 4.45 on every class sets add_prefix_space, to false where no file says it. */
  private void requireOneMind(ObjectNode preTokenizer) {
    JsonNode there = preTokenizer.path(TokenizerParts.ADD_PREFIX_SPACE);
    boolean splitsBytes = preTokenizer.path("type").asText().equals("ByteLevel");
    if (convention == Convention.VERSION_4 || !splitsBytes || !there.isBoolean()) {
      return;
    }
    if (there.booleanValue() != wanted(false)) {
      throw draft
          .settings()
          .refused(
              TokenizerParts.ADD_PREFIX_SPACE,
              there
                  + ", as tokenizer.json has it, since versions of transformers follow one or the"
                  + " other",
              Boolean.toString(wanted(false)),
              "write the right value into both files");
    }
  }

  private ObjectNode required(String part) {
    return draft
        .part(part)
        .orElseThrow(
            () ->
                new DataException(
                    draft.file()
                        + ": "
                        + part
                        + ": expected one, since "
                        + draft.tokenizerClass().name()
                        + " sets it, found "
                        + draft.root().path(part)
                        + "; if tokenizer.json is right, write \"tokenizer_class\":"
                        + " \"PreTrainedTokenizerFast\" into tokenizer_config.json"));
  }
}
