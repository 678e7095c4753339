package dev.belay.train.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Low-rank adapters of a model, arXiv 2106.09685. Options that are not given have the defaults of
 * {@link #DEFAULT_RANK} and so on, or, of an adapter that is read, the values of its files.
 *
 * @param kind none, lora, or the folder of an adapter that PEFT or Belay wrote
 */
@Section.Of(Section.WHAT_TRAINS)
public record AdapterConfig(
    @Option(
            name = "adapter",
            label = "none|lora|PATH",
            help =
                "lora: freeze the weights and train a low-rank adapter beside them. A folder with"
                    + " adapter_config.json: begin with that adapter of Hugging Face PEFT.",
            defaultValue = "none",
            section = Section.MODEL,
            place = 1)
        String kind,
    @Option(name = "lora-rank", label = "N", help = "Width of an adapter's matrices (default: 8).")
        OptionalInt rank,
    @Option(
            name = "lora-alpha",
            label = "R",
            help =
                "The product of an adapter's matrices is multiplied by alpha / rank (default: 16).")
        OptionalDouble alpha,
    @Option(
            name = "lora-dropout",
            label = "R",
            help = "Dropout of an adapter's input while training (default: 0).")
        OptionalDouble dropout,
    @Option(
            name = "lora-targets",
            label = "REGEX",
            help =
                "Weights that get an adapter (default: those of queries and values, else every"
                    + " weight that is read by matrix products alone).")
        Optional<Pattern> targets,
    @Option(
            name = "lora-bias",
            label = "none|all|lora_only",
            help =
                "Biases that train beside the adapters: none, all, or lora_only, those of the layers"
                    + " that have one (default: none).")
        Optional<Bias> bias,
    @Option(
            name = "lora-rank-stabilized",
            help = "Multiply by alpha / sqrt(rank), arXiv 2312.03732.")
        boolean stabilized) {
  /** Default of {@code --lora-rank}. */
  public static final int DEFAULT_RANK = 8;

  /** Default of {@code --lora-alpha}. */
  public static final double DEFAULT_ALPHA = 16;

  private static final String NONE = "none";
  private static final String LORA = "lora";

  /** Biases that train beside adapters. */
  public enum Bias {
    NONE,
    ALL,
    LORA_ONLY
  }

  public AdapterConfig {
    boolean off = kind.equals(NONE);
    boolean given = !off && !kind.equals(LORA);
    Check check =
        new Check()
            .that(!kind.isBlank(), "--adapter", "none, lora or the folder of one", "nothing");
    boolean sized = rank.isPresent() || alpha.isPresent() || targets.isPresent() || stabilized;
    check
        .that(
            !off || !(sized || dropout.isPresent() || bias.isPresent()),
            "--lora-rank and the other options of adapters need --adapter lora")
        .that(
            !given || !sized,
            "--lora-rank, --lora-alpha, --lora-targets and --lora-rank-stabilized are for a new"
                + " adapter; those of "
                + kind
                + " are in its adapter_config.json: leave them out")
        .atLeast("--lora-rank", 1, rank);
    alpha.ifPresent(value -> check.positive("--lora-alpha", value));
    dropout.ifPresent(value -> check.fraction("--lora-dropout", value));
    check.verify();
  }

  /** No adapter. */
  public static AdapterConfig none() {
    return ConfigBinder.read(AdapterConfig.class, Map.of());
  }

  /** Whether the model has adapters. */
  public boolean isOn() {
    return !kind.equals(NONE);
  }

  /** The folder of an adapter to begin with. */
  public Optional<Path> folder() {
    return isOn() && !kind.equals(LORA) ? Optional.of(Path.of(kind)) : Optional.empty();
  }
}
