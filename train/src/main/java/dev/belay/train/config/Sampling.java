package dev.belay.train.config;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Drawing of the tokens of generated texts. What is not set is as the model's
 * generation_config.json says, else as in Hugging Face's generate.
 */
@Section.Of(Section.WRITING)
public record Sampling(
    @Option(
            name = "do-sample",
            label = "on|off",
            help =
                "Draw tokens by their probability, with --seed (default: as generation_config.json"
                    + " says, else off: the likeliest token).")
        Optional<Boolean> doSample,
    @Option(
            name = "temperature",
            label = "X",
            help =
                "With --do-sample: divides the logits; below 1 makes likely tokens likelier"
                    + " (default: as generation_config.json says, else 1).")
        OptionalDouble temperature,
    @Option(
            name = "top-k",
            label = "N",
            help =
                "With --do-sample: draw among that many of the likeliest tokens; 0 is all (default:"
                    + " as generation_config.json says, else 50, as in Hugging Face's generate).")
        OptionalInt topK,
    @Option(
            name = "top-p",
            label = "X",
            help =
                "With --do-sample: draw among the likeliest tokens that together have this"
                    + " probability (default: as generation_config.json says, else 1: all).")
        OptionalDouble topP) {

  public Sampling {
    new Check()
        .positive("--temperature", temperature.orElse(1))
        .atLeast("--top-k", 0, topK)
        .that(
            topP.orElse(1) > 0 && topP.orElse(1) <= 1,
            "--top-p",
            "a number in (0, 1]",
            topP.orElse(1))
        .verify();
  }
}
