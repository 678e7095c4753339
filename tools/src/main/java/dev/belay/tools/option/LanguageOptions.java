package dev.belay.tools.option;

import dev.belay.train.config.LanguageConfig;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a language model learns from text. */
@Section("Language models")
public final class LanguageOptions {
  @Option(
      names = "--block-size",
      paramLabel = "N",
      description =
          "Join the texts and cut them into blocks of so many tokens (default: each text is an"
              + " example).")
  private Optional<Integer> blockSize = Optional.empty();

  @Option(
      names = "--mlm-probability",
      paramLabel = "P",
      description = "Share of tokens that --head masked-lm hides.")
  private double mlmProbability = LanguageConfig.DEFAULT_MLM_PROBABILITY;

  @Option(
      names = "--whole-word-mask",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description = "Whether it hides all pieces of a word together.")
  private boolean wholeWordMask = LanguageConfig.DEFAULT_WHOLE_WORD_MASK;

  LanguageConfig toConfig() {
    return new LanguageConfig(
        ScheduleOptions.optionalInt(blockSize), mlmProbability, wholeWordMask);
  }
}
