package dev.belay.train.config;

import java.util.OptionalInt;

/** Training of a language model on text. */
@Section.Of(Section.LANGUAGE_MODELS)
public record LanguageConfig(
    @Option(
            name = "block-size",
            label = "N",
            help =
                "Join the texts and cut them into blocks of this many tokens (default: each text "
                    + "is an example).")
        OptionalInt blockSize,
    @Option(
            name = "mlm-probability",
            label = "P",
            help = "Share of tokens that are masked for --head masked-lm.",
            defaultValue = "0.15")
        double mlmProbability,
    @Option(
            name = "whole-word-mask",
            label = "on|off",
            help = "Mask all pieces of a word together.",
            defaultValue = "off")
        boolean wholeWordMask,
    @Option(
            name = "packing",
            label = "on|off",
            help =
                "For --head causal-lm: put several examples into one row of up to --max-seq-length "
                    + "tokens. No example sees another, and the positions of each count from 0. "
                    + "Validation data are not packed.",
            defaultValue = "off",
            trainingOnly = true)
        boolean packing) {

  public LanguageConfig {
    new Check()
        .atLeast("--block-size", 2, blockSize)
        .that(
            mlmProbability > 0 && mlmProbability < 1,
            "--mlm-probability",
            "a number above 0 and below 1",
            mlmProbability)
        .that(
            !packing || blockSize.isEmpty(),
            "--packing on and --block-size: choose one; blocks are full, and their texts see those"
                + " before them")
        .verify();
  }

  /** Defaults of the command line. */
  public static LanguageConfig defaults() {
    return ConfigBinder.defaults(LanguageConfig.class);
  }
}
