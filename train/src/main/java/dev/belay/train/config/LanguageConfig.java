package dev.belay.train.config;

import java.util.OptionalInt;

/**
 * How a language model learns from text.
 *
 * @param blockSize tokens of a block, where texts are joined and cut; empty: each text is an
 *     example
 * @param mlmProbability share of tokens that are hidden from a masked language model
 * @param wholeWordMask whether all pieces of a word are hidden together
 */
public record LanguageConfig(OptionalInt blockSize, double mlmProbability, boolean wholeWordMask) {
  public static final double DEFAULT_MLM_PROBABILITY = 0.15;
  public static final boolean DEFAULT_WHOLE_WORD_MASK = false;

  public LanguageConfig {
    new Check()
        .atLeast("--block-size", 2, blockSize)
        .that(
            mlmProbability > 0 && mlmProbability < 1,
            "--mlm-probability",
            "a number above 0 and below 1",
            mlmProbability)
        .verify();
  }

  /** What the command line takes without options. */
  public static LanguageConfig defaults() {
    return new LanguageConfig(
        OptionalInt.empty(), DEFAULT_MLM_PROBABILITY, DEFAULT_WHOLE_WORD_MASK);
  }
}
