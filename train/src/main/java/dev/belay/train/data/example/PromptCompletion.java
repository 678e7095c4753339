package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenIds;
import java.util.Arrays;

/**
 * A prompt and its completion as one text, as TRL's SFTTrainer reads these columns: both are joined
 * as they are, the end token follows, and the loss counts the tokens behind those that the prompt
 * alone has.
 *
 * @param tokens of both, with the end token
 * @param promptLength number of tokens that the loss does not count
 * @param isMerged whether the tokens of the prompt alone are not the first of both
 */
record PromptCompletion(TokenIds tokens, int promptLength, boolean isMerged) {

  /**
   * Finds the completion among the tokens.
   *
   * @param prompt tokens of the prompt alone
   * @param both tokens of both as one text, perhaps cut
   * @throws DataException if nothing of the completion is left, or the tokenizer has no end token
   */
  static PromptCompletion of(
      SourcePosition position, TokenIds prompt, TokenIds both, TextTokenizer tokenizer) {
    if (both.truncated() && tokenizer.cutsLeft()) {
      throw DataException.at(
          position,
          "prompt and completion are longer than --max-seq-length, and the tokenizer's"
              + " truncation_side left would cut the prompt; raise --max-seq-length, or set"
              + " truncation_side to right");
    }
    int eos =
        tokenizer
            .eosId()
            .orElseThrow(
                () ->
                    DataException.at(
                        position,
                        "the columns prompt and completion need a tokenizer with eos_token, which"
                            + " ends a completion, and its files name none; set it in"
                            + " tokenizer_config.json"));
    int[] ids = both.inputIds();
    boolean ends = ids.length > 0 && ids[ids.length - 1] == eos;
    if (!both.truncated() && !ends && ids.length < tokenizer.maxLength()) {
      ids = Arrays.copyOf(ids, ids.length + 1);
      ids[ids.length - 1] = eos;
    }
    int length = prompt.length();
    if (prompt.truncated() || length >= ids.length) {
      throw DataException.at(
          position,
          "the prompt alone has "
              + (prompt.truncated() ? "more than " : "")
              + length
              + " tokens, and of its completion none is left within "
              + tokenizer.maxLength()
              + "; raise --max-seq-length, or leave the row out");
    }
    boolean merged = !Arrays.equals(prompt.inputIds(), 0, length, ids, 0, length);
    int[] types = Arrays.copyOf(both.tokenTypeIds(), ids.length);
    return new PromptCompletion(new TokenIds(ids, types, both.truncated()), length, merged);
  }

  /** Of each token the one after it, where that is of the completion, [T]. */
  FeatureRow labels() {
    int[] own = tokens.inputIds().clone();
    Arrays.fill(own, 0, promptLength, LabelRule.IGNORED);
    return NextTokens.shifted(own);
  }
}
