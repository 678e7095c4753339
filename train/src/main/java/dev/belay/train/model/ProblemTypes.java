package dev.belay.train.model;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.ModelConfig.HeadKind;
import dev.belay.train.config.ModelConfig.ProblemType;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Optional;

/** Whether the classes of an example exclude each other: what is asked for, else what files say. */
final class ProblemTypes {
  private static final String REGRESSION = "regression";

  private ProblemTypes() {}

  /**
   * Whether an example has any number of classes.
   *
   * @param said {@code problem_type} in a file of the model
   */
  static boolean of(ModelConfig config, Optional<String> said) {
    return config.problem().or(() -> said.flatMap(ProblemType::named)).stream()
        .anyMatch(type -> type == ProblemType.MULTI_LABEL_CLASSIFICATION);
  }

  /** Refuses the option where a head has no classes of whole examples. */
  static void requireClasses(ModelConfig config, HeadKind head) {
    if (config.problem().isPresent() && head != HeadKind.CLASSIFICATION) {
      throw new ConfigException(
          List.of(
              "--problem-type "
                  + config.problem().get().option()
                  + " is about classes of whole examples, and the head is "
                  + head.option()
                  + ": leave it out, or train a new head with --head classification"));
    }
  }

  /**
   * Refuses what a configuration says of a head that it cannot be.
   *
   * @param said {@code problem_type}
   * @param kind what the head is, by its outputs
   */
  static void requireComputed(ModelConfig config, Optional<String> said, HeadKind kind) {
    boolean numbers = said.equals(Optional.of(REGRESSION)) && kind == HeadKind.CLASSIFICATION;
    boolean oneClass =
        said.equals(Optional.of(ProblemType.SINGLE_LABEL_CLASSIFICATION.option()))
            && kind == HeadKind.REGRESSION;
    if (config.problem().isEmpty() && (numbers || oneClass)) {
      throw new ModelException(
          config.path()
              + ": its config.json has problem_type "
              + said.get()
              + (numbers
                  ? " and its head several outputs, and Belay learns one number for an example; for"
                      + " classes, give --problem-type"
                  : " and its head one output, which is a number; leave the key out for regression"));
    }
  }
}
