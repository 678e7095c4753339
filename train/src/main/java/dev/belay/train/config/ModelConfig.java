package dev.belay.train.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which model, and how to call it.
 *
 * @param path a SavedModel directory, or a run directory of Belay
 * @param signature the signature or function to train through; empty: the training=True trace if
 *     there is one, else serving_default
 * @param inputs feature name to input name of the model, where names are not the usual ones
 * @param output the output that holds the logits; empty: found by name
 * @param head a new head, or NONE to train the model's own
 * @param features the output or inner tensor that a new head reads
 * @param labels number of classes of a new classification head; empty: as many as the data has
 * @param trainable only variables whose name matches train; empty: those the model marks trainable
 * @param freeze variables whose name matches do not train
 * @param dropout whether dropout is active while training
 * @param trust what the user accepts of a foreign model
 */
public record ModelConfig(
    Path path,
    Optional<String> signature,
    Map<String, String> inputs,
    Optional<String> output,
    HeadKind head,
    Optional<String> features,
    Optional<Integer> labels,
    Optional<Pattern> trainable,
    Optional<Pattern> freeze,
    boolean dropout,
    Trust trust) {

  public static final boolean DEFAULT_DROPOUT = true;

  /** A head to train on top of the model. */
  public enum HeadKind {
    NONE,
    CLASSIFICATION,
    REGRESSION
  }

  /**
   * What the user accepts of a foreign model.
   *
   * @param allowedOps op types beyond the policy's list
   * @param naturalGradients whether a custom gradient that the file does not hold may be replaced
   *     by the natural one
   * @param withoutGradient trainable variables that may stay without a gradient
   * @param untried whether the model may come into this process's native code without having been
   *     tried in another one
   */
  public record Trust(
      Set<String> allowedOps,
      boolean naturalGradients,
      List<Pattern> withoutGradient,
      boolean untried) {
    public static final Trust NOTHING = new Trust(Set.of(), false, List.of(), false);
  }

  public ModelConfig {
    inputs = Map.copyOf(inputs);
    new Check()
        .that(
            head == HeadKind.NONE || features.isPresent(),
            "--head "
                + head.name().toLowerCase(Locale.ROOT)
                + " needs --features: the output or inner tensor that the new head reads;"
                + " `belay inspect MODEL` lists them")
        .that(
            head != HeadKind.NONE || features.isEmpty(),
            "--features is only for a new head: add --head, or leave it out")
        .atLeast("--num-labels", 2, labels)
        .verify();
  }

  /** That model, and otherwise what the command line takes without options. */
  public static ModelConfig of(Path path) {
    return new ModelConfig(
        path,
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        HeadKind.NONE,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        DEFAULT_DROPOUT,
        Trust.NOTHING);
  }
}
