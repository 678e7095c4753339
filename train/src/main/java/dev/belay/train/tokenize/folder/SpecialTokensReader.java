package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.util.ArrayList;
import java.util.List;

/** Collects the special tokens of a folder in the order in which a version of Python does. */
final class SpecialTokensReader {
  private static final String ADDITIONAL = "additional_special_tokens";

  /** The word of transformers 5 for {@link #ADDITIONAL}. */
  private static final String EXTRA = "extra_special_tokens";

  private static final String EXTRA_IDS = "extra_ids";
  private static final int MOST_EXTRA_IDS = 10_000;

  private SpecialTokensReader() {}

  /**
   * Reads the special tokens.
   *
   * @throws DataException if T5's extra_ids are not those of the list
   */
  static SpecialTokens read(
      TokenizerFolder folder, TokenizerClass tokenizerClass, Convention convention) {
    SpecialTokens special = new SpecialTokens(tokenizerClass);
    JsonFile settings = folder.settings();
    JsonFile map = folder.specialTokens();
    special.takeSettings(settings);
    boolean decoder = settings.has("added_tokens_decoder");
    switch (convention) {
      case VERSION_4 -> {
        special.replaceAdditional(settings, ADDITIONAL);
        takeExtraIds(special, settings, tokenizerClass);
        if (folder.files().kind() != TokenizerFiles.Kind.TOKENIZER_JSON
            && tokenizerClass.slowFiles().makesObjects()) {
          special.makeObjects();
        }
        special.takeMap(map);
        special.replaceAdditional(map, ADDITIONAL);
      }
      case VERSION_4_34 -> {
        special.replaceAdditional(settings, ADDITIONAL);
        if (!decoder) {
          special.takeSettings(map);
          special.mergeAdditional(map, ADDITIONAL);
        }
        takeExtraIds(special, settings, tokenizerClass);
      }
      case VERSION_5 -> takeNewest(special, folder, tokenizerClass);
    }
    return special;
  }

  private static void takeNewest(
      SpecialTokens special, TokenizerFolder folder, TokenizerClass tokenizerClass) {
    JsonFile settings = folder.settings();
    JsonFile map = folder.specialTokens();
    boolean listed = isFilled(settings, EXTRA) || isFilled(settings, ADDITIONAL);
    if (tokenizerClass.rule() == TokenizerClass.Rule.T5) {
      special.setAdditional(extraTokens(extraIds(settings)));
    }
    special.replaceAdditional(settings, isFilled(settings, EXTRA) ? EXTRA : ADDITIONAL);
    if (!settings.has("added_tokens_decoder")) {
      special.takeSettings(map);
      if (!listed) {
        special.replaceAdditional(map, ADDITIONAL);
      }
      special.mergeAdditional(map, EXTRA);
    }
  }

  private static boolean isFilled(JsonFile file, String key) {
    return !file.root().path(key).isEmpty();
  }

  /** T5 has a hundred more special tokens, or as many as extra_ids says. */
  private static void takeExtraIds(
      SpecialTokens special, JsonFile settings, TokenizerClass tokenizerClass) {
    if (tokenizerClass.rule() != TokenizerClass.Rule.T5) {
      return;
    }
    int count = extraIds(settings);
    if (count > 0 && special.additional().isEmpty()) {
      special.setAdditional(extraTokens(count));
    }
    long there =
        special.additional().stream()
            .map(SpecialTokens.Given::content)
            .filter(text -> text.contains("extra_id_"))
            .distinct()
            .count();
    if (count > 0 && there != count) {
      throw settings.refused(
          ADDITIONAL,
          "as many <extra_id_N> as extra_ids says, " + count,
          Long.toString(there),
          "write the right extra_ids into it");
    }
  }

  private static int extraIds(JsonFile settings) {
    JsonNode value = settings.root().path(EXTRA_IDS);
    int count = value.isMissingNode() || value.isNull() ? 100 : value.asInt(-1);
    if (count < 0 || count > MOST_EXTRA_IDS) {
      throw settings.refused(EXTRA_IDS, "a number from 0 to " + MOST_EXTRA_IDS, value);
    }
    return count;
  }

  private static List<String> extraTokens(int count) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add("<extra_id_" + i + ">");
    }
    return tokens;
  }
}
