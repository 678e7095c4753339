package dev.belay.train.config;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Generation of text by a language model. What is not set is as the model's generation_config.json
 * says, else as in Hugging Face's generate.
 *
 * @param repetition limits to repetitions
 * @param sampling whether and how tokens are drawn
 */
@Section.Of(Section.WRITING)
public record GenerationConfig(
    @Option(
            name = "num-beams",
            label = "N",
            help =
                "Number of beams of beam search; 1 takes one token after the other (default: as"
                    + " generation_config.json says, else 1).")
        OptionalInt numBeams,
    @Option(
            name = "max-new-tokens",
            label = "N",
            help =
                "Maximum number of generated tokens (default: as generation_config.json says, else"
                    + " "
                    + GenerationConfig.USUAL_NEW_TOKENS
                    + ").")
        OptionalInt maxNewTokens,
    @Option(
            name = "length-penalty",
            label = "X",
            help =
                "For beam search: above 0 favours long texts, below 0 short ones (default: as"
                    + " generation_config.json says, else 1).")
        OptionalDouble lengthPenalty,
    @Option(
            name = "num-return-sequences",
            label = "N",
            help =
                "Number of answers for each input: with --num-beams the best ones, with --do-sample"
                    + " each drawn anew (default: as generation_config.json says, else 1).")
        OptionalInt numReturnSequences,
    @Option(
            name = "stop",
            label = "TEXT",
            help = "End a generated text with the token that completes this text; repeatable.")
        List<String> stop,
    Repetition repetition,
    Sampling sampling) {

  /** New tokens where nothing says how many. */
  public static final int USUAL_NEW_TOKENS = 64;

  /** Limits to repetitions. */
  @Section.Of(Section.WRITING)
  public record Repetition(
      @Option(
              name = "repetition-penalty",
              label = "X",
              help =
                  "Make tokens that the text already has less likely: above 1, such as 1.2"
                      + " (default: as generation_config.json says, else 1).")
          OptionalDouble repetitionPenalty,
      @Option(
              name = "no-repeat-ngram-size",
              label = "N",
              help =
                  "Let no sequence of that many tokens occur twice in a text, its prompt included"
                      + " (default: as generation_config.json says, else 0, off).")
          OptionalInt noRepeatNgramSize) {}

  public GenerationConfig {
    stop = List.copyOf(stop);
    OptionalDouble penalty = repetition.repetitionPenalty();
    new Check()
        .atLeast("--num-beams", 1, numBeams)
        .atLeast("--max-new-tokens", 1, maxNewTokens)
        .atLeast("--num-return-sequences", 1, numReturnSequences)
        .atLeast("--no-repeat-ngram-size", 0, repetition.noRepeatNgramSize())
        .that(
            Double.isFinite(lengthPenalty.orElse(1)),
            "--length-penalty",
            "a finite number",
            lengthPenalty.orElse(1))
        .positive("--repetition-penalty", penalty.orElse(1))
        .that(stop.stream().noneMatch(String::isEmpty), "--stop", "a text", "''")
        .verify();
  }

  /** The same with at most that many tokens. */
  public GenerationConfig withMaxNewTokens(int most) {
    return new GenerationConfig(
        numBeams,
        OptionalInt.of(most),
        lengthPenalty,
        numReturnSequences,
        stop,
        repetition,
        sampling);
  }

  /** The same with that many beams. */
  public GenerationConfig withNumBeams(int beams) {
    return ConfigBinder.with(this, "num-beams", OptionalInt.of(beams));
  }

  /** The same with that many answers for each input. */
  public GenerationConfig withAnswers(int answers) {
    return ConfigBinder.with(this, "num-return-sequences", OptionalInt.of(answers));
  }

  /** The same with other rules of drawing. */
  public GenerationConfig withSampling(Sampling other) {
    return new GenerationConfig(
        numBeams, maxNewTokens, lengthPenalty, numReturnSequences, stop, repetition, other);
  }

  /** Defaults of the command line. */
  public static GenerationConfig defaults() {
    return ConfigBinder.defaults(GenerationConfig.class);
  }
}
