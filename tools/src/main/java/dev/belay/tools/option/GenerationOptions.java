package dev.belay.tools.option;

import dev.belay.train.config.GenerationConfig;
import picocli.CommandLine.Option;

/** How a language model writes. */
@Section("Writing")
public final class GenerationOptions {
  @Option(
      names = "--num-beams",
      paramLabel = "N",
      description = "Texts that are followed at once; 1 takes the likeliest token each time.")
  private int numBeams = GenerationConfig.DEFAULT_NUM_BEAMS;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "The most tokens that are written.")
  private int maxNewTokens = GenerationConfig.DEFAULT_MAX_NEW_TOKENS;

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      description = "Of beams: above 0 favours long texts, below 0 short ones.")
  private double lengthPenalty = GenerationConfig.DEFAULT_LENGTH_PENALTY;

  /** The configuration. */
  public GenerationConfig toConfig() {
    return new GenerationConfig(numBeams, maxNewTokens, lengthPenalty);
  }
}
