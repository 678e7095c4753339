package dev.belay.train.config;

import dev.belay.savedmodel.weights.SentenceModules;
import java.util.List;
import java.util.Optional;

/** Vectors of sentences, as sentence-transformers makes and trains them. */
@Section.Of(Section.WHAT_TRAINS)
public record EmbeddingConfig(
    @Option(
            name = "pooling",
            label = "mean|cls|last",
            help =
                "With --head sentence-embedding: the features that make the vector: the mean over "
                    + "all tokens, cls, those of the first, or last, those of the last (default: "
                    + "as a folder of sentence-transformers says, else mean).")
        Optional<SentenceModules.Pooling> pooling,
    @Option(
            name = "normalize",
            label = "on|off",
            help =
                "With --head sentence-embedding: divide each vector by its length (default: as a "
                    + "folder of sentence-transformers says, else on).")
        Optional<Boolean> normalize,
    @Option(
            name = "scale",
            label = "X",
            help =
                "With --head sentence-embedding: factor of the cosines in the loss of pairs, the "
                    + "inverse of a temperature.",
            defaultValue = "20",
            section = Section.MODEL)
        double scale) {
  /** The head that makes vectors. */
  public static final String HEAD = "sentence-embedding";

  public EmbeddingConfig {
    new Check()
        .that(Double.isFinite(scale) && scale > 0, "--scale", "a finite number above 0", scale)
        .verify();
  }

  /** Defaults of the command line. */
  public static EmbeddingConfig defaults() {
    return ConfigBinder.defaults(EmbeddingConfig.class);
  }

  /** Whether an option says how vectors are made. */
  public boolean isGiven() {
    return pooling.isPresent() || normalize.isPresent();
  }

  /** The error of such an option for another task. */
  public static ConfigException misplaced() {
    return new ConfigException(
        List.of(
            "--pooling and --normalize are for vectors of sentences: leave them out, or add --head "
                + HEAD));
  }
}
