package dev.belay.train.config;

/**
 * How a language model writes.
 *
 * @param numBeams how many texts are followed; 1: the likeliest token each time
 * @param maxNewTokens the most tokens that are written
 * @param lengthPenalty of beams: above 0 favours long texts, below 0 short ones
 */
public record GenerationConfig(int numBeams, int maxNewTokens, double lengthPenalty) {
  public static final int DEFAULT_NUM_BEAMS = 1;
  public static final int DEFAULT_MAX_NEW_TOKENS = 64;
  public static final double DEFAULT_LENGTH_PENALTY = 1;

  public GenerationConfig {
    new Check()
        .atLeast("--num-beams", 1, numBeams)
        .atLeast("--max-new-tokens", 1, maxNewTokens)
        .that(Double.isFinite(lengthPenalty), "--length-penalty", "a finite number", lengthPenalty)
        .verify();
  }

  /** The same with at most that many tokens. */
  public GenerationConfig withMaxNewTokens(int most) {
    return new GenerationConfig(numBeams, most, lengthPenalty);
  }

  /** What the command line takes without options. */
  public static GenerationConfig defaults() {
    return new GenerationConfig(DEFAULT_NUM_BEAMS, DEFAULT_MAX_NEW_TOKENS, DEFAULT_LENGTH_PENALTY);
  }
}
