package dev.belay.train.config;

import java.util.List;
import java.util.Optional;

/**
 * A loss that a SavedModel computes itself.
 *
 * @param output name of the output
 * @param labelPadding class that the model gets where there is none
 */
@Section.Of(Section.MODEL)
public record LossConfig(
    @Option(
            name = "loss-output",
            label = "NAME",
            help =
                "The output of a SavedModel that is the loss, such as that of a CRF, computed from "
                    + "an input with the labels (--inputs labels=NAME): a value per example or "
                    + "token, or one for the batch (default: Belay computes the loss of the "
                    + "logits).")
        Optional<String> output,
    @Option(
            name = "label-pad-token-id",
            label = "ID",
            help =
                "With --loss-output: the class that the model gets at padding, special tokens and "
                    + "further pieces of a word.",
            defaultValue = "-100")
        int labelPadding) {
  /** The option that names the output. */
  public static final String OPTION = "--loss-output";

  /** Name in {@code --inputs} for the input with the labels. */
  public static final String LABELS = "labels";

  /** The class that no loss of Belay counts. */
  public static final int IGNORED = -100;

  /** Defaults of the command line. */
  public static LossConfig defaults() {
    return ConfigBinder.defaults(LossConfig.class);
  }

  /**
   * Refuses options that contradict each other.
   *
   * @throws ConfigException if a new head or another task is requested too, or a value of padding
   *     without such a loss
   */
  public void requireAlone(ModelConfig config) {
    boolean task =
        config.newHead().isPresent()
            || config.features().isPresent()
            || config.labels().isPresent()
            || config.problem().isPresent();
    if (isOn() && task) {
      throw new ConfigException(
          List.of(
              OPTION
                  + " trains the model's own head by the loss that the model computes: leave out"
                  + " --head, --features, --num-labels and --problem-type, or "
                  + OPTION));
    }
    if (!isOn() && labelPadding != IGNORED) {
      throw new ConfigException(
          List.of(
              "--label-pad-token-id is for a loss that the model computes: add "
                  + OPTION
                  + ", or leave it out"));
    }
  }

  /** Whether the model computes the loss. */
  public boolean isOn() {
    return output.isPresent();
  }
}
