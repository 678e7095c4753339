package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.data.DataException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Languages of the texts that an mBART reads and writes. A text that is read carries the word of
 * its language, mBART's at the end and mBART-50's at the beginning; one that is written carries
 * that of its own there.
 *
 * @param source word of the language that is read
 * @param target word of the language that is written
 */
public record Languages(String source, String target) {
  private static final String SOURCE = "src_lang";
  private static final String TARGET = "tgt_lang";
  private static final String USUAL = "en_XX";

  /** Languages that the class of a folder marks, if it does. */
  static Optional<Languages> of(Draft draft) {
    if (!isMarked(draft.tokenizerClass())) {
      return Optional.empty();
    }
    String source = draft.settings().text(SOURCE).orElse(USUAL);
    return Optional.of(new Languages(source, draft.settings().text(TARGET).orElse(source)));
  }

  private static boolean isMarked(TokenizerClass read) {
    return read.rule() == TokenizerClass.Rule.MBART || read.rule() == TokenizerClass.Rule.MBART50;
  }

  /**
   * The post-processor that puts the word of the language that is read into texts.
   *
   * @throws DataException if tokenizer.json does not have the words of languages as the class adds
   *     them
   */
  JsonNode postProcessor(Draft draft, ToIntFunction<String> ids) {
    List<String> plain =
        draft.listed().values().stream()
            .filter(token -> token.special() && !token.normalized())
            .filter(token -> token.flags().equals(AddedToken.Flags.NONE))
            .map(AddedToken::content)
            .toList();
    for (String language : List.of(source, target)) {
      if (!plain.contains(language)) {
        throw new DataException(
            draft.file()
                + ": added_tokens: expected the language '"
                + language
                + "' among its special tokens, as "
                + draft.tokenizerClass().name()
                + " has it, found none; write the language of the texts into src_lang and tgt_lang"
                + " of tokenizer_config.json, or save the tokenizer again in Python");
      }
    }
    String end = draft.special().require(draft.settings(), "eos_token");
    return draft.tokenizerClass().rule() == TokenizerClass.Rule.MBART
        ? TokenizerParts.template("$A " + end + " " + source, "$A $B " + end + " " + source, ids)
        : TokenizerParts.template(source + " $A " + end, source + " $A $B " + end, ids);
  }
}
