package dev.belay.train.model;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.ModelConfig.HeadKind;
import dev.belay.train.config.ModelConfig.ProblemType;
import java.util.List;
import java.util.Optional;

/** Whether the classes of an example exclude each other: what is asked for, else what files say. */
final class ProblemTypes {
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
}
