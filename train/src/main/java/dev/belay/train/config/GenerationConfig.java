package dev.belay.train.config;

/** Generation of text by a language model. */
@Section.Of(Section.WRITING)
public record GenerationConfig(
    @Option(
            name = "num-beams",
            label = "N",
            help = "Number of beams of beam search; 1 takes the likeliest token each time.",
            defaultValue = "1")
        int numBeams,
    @Option(
            name = "max-new-tokens",
            label = "N",
            help = "Maximum number of generated tokens.",
            defaultValue = "64")
        int maxNewTokens,
    @Option(
            name = "length-penalty",
            label = "X",
            help = "For beam search: above 0 favours long texts, below 0 short ones.",
            defaultValue = "1")
        double lengthPenalty) {

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

  /** Defaults of the command line. */
  public static GenerationConfig defaults() {
    return ConfigBinder.defaults(GenerationConfig.class);
  }
}
