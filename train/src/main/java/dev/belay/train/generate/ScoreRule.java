package dev.belay.train.generate;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Changes the scores of the next token of a text, as one of the logits processors of Hugging Face's
 * transformers. A token with the score of minus infinity is excluded.
 */
public sealed interface ScoreRule
    permits ScoreRule.RepetitionPenalty,
        ScoreRule.NoRepeatedNgram,
        ScoreRule.Banned,
        ScoreRule.Minimum,
        ScoreRule.ForcedFirst,
        ScoreRule.ForcedLast,
        ScoreRule.Excluded,
        ScoreRule.ExcludedFirst,
        ScoreFilter {

  /**
   * Changes scores.
   *
   * @param scores of each word of the vocabulary
   * @param text all tokens so far, those of the prompt first
   * @param begins number of tokens of the prompt
   */
  void apply(float[] scores, int[] text, int begins);

  /**
   * Makes tokens that the text already has less likely: {@code repetition_penalty}.
   *
   * @param penalty divides positive scores and multiplies negative ones
   */
  record RepetitionPenalty(double penalty) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      Arrays.stream(text)
          .distinct()
          .filter(token -> token < scores.length)
          .forEach(
              token ->
                  scores[token] =
                      scores[token] < 0
                          ? scores[token] * (float) penalty
                          : scores[token] / (float) penalty);
    }
  }

  /**
   * Excludes tokens that would repeat a sequence of the text: {@code no_repeat_ngram_size}.
   *
   * @param size tokens of a sequence, at least 1
   */
  record NoRepeatedNgram(int size) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      int prefix = text.length - size + 1;
      for (int i = 0; prefix >= 0 && i + size <= text.length; i++) {
        int last = text[i + size - 1];
        boolean same =
            Arrays.equals(text, i, i + size - 1, text, prefix, text.length) && last < scores.length;
        if (same) {
          scores[last] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * Excludes the last token of sequences whose other tokens end the text: {@code bad_words_ids}.
   *
   * @param sequences none empty
   */
  record Banned(List<List<Integer>> sequences) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      for (List<Integer> sequence : sequences) {
        int before = sequence.size() - 1;
        boolean matches = before <= text.length;
        for (int i = 0; matches && i < before; i++) {
          matches = sequence.get(i) == text[text.length - before + i];
        }
        if (matches) {
          scores[sequence.get(before)] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * Excludes the end of a text that is too short: {@code min_length}, {@code min_new_tokens}.
   *
   * @param all fewest tokens, those of the prompt counted
   * @param added fewest new tokens
   * @param ends tokens that end a text
   */
  record Minimum(int all, int added, Set<Integer> ends) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      if (text.length < all || text.length - begins < added) {
        exclude(scores, ends);
      }
    }
  }

  /** Takes a token after a text of one token: {@code forced_bos_token_id}. */
  record ForcedFirst(int token) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      if (text.length == 1) {
        force(scores, Set.of(token));
      }
    }
  }

  /**
   * Takes a token as the last one of a text of the greatest length: {@code forced_eos_token_id}.
   *
   * @param limits that a text of that length meets
   */
  record ForcedLast(Set<Integer> tokens, Limits limits) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      if (text.length == limits.length(begins) - 1) {
        force(scores, tokens);
      }
    }
  }

  /** Excludes tokens: {@code suppress_tokens}. */
  record Excluded(Set<Integer> tokens) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      exclude(scores, tokens);
    }
  }

  /**
   * Excludes tokens as the first new ones: {@code begin_suppress_tokens}.
   *
   * @param afterForced whether they are not the first ones where {@link ForcedFirst} takes one
   */
  record ExcludedFirst(Set<Integer> tokens, boolean afterForced) implements ScoreRule {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      if (text.length == (afterForced && begins == 1 ? 2 : begins)) {
        exclude(scores, tokens);
      }
    }
  }

  private static void exclude(float[] scores, Set<Integer> tokens) {
    tokens.stream()
        .filter(token -> token < scores.length)
        .forEach(token -> scores[token] = Float.NEGATIVE_INFINITY);
  }

  private static void force(float[] scores, Set<Integer> tokens) {
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    tokens.stream().filter(token -> token < scores.length).forEach(token -> scores[token] = 0);
  }
}
