package dev.belay.train.task;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.util.Optional;

/**
 * {@code problem_type} of Hugging Face's config.json, which says whether the classes of an example
 * exclude each other: as requested, else as in the files.
 */
final class ProblemTypes {
  private ProblemTypes() {}

  /**
   * Whether an example has any number of classes.
   *
   * @param said {@code problem_type} in a file of the model
   */
  static boolean isMultiLabel(ModelConfig config, Optional<String> said) {
    return config.problem().or(() -> said).equals(Optional.of(ModelConfig.MULTI_LABEL));
  }

  /** Refuses the option for a task that has no classes of whole examples. */
  static void refuse(ModelConfig config, Task task) {
    if (config.problem().isPresent()) {
      throw new ConfigException(
          "--problem-type "
              + config.problem().get()
              + " is about classes of whole examples, and the head is "
              + task.option()
              + ": leave it out, or train a new head with --head classification");
    }
  }

  /** Refuses a head of classes that the files say is for numbers. */
  static void refuseNumbers(ModelConfig config, Optional<String> said) {
    refuse(
        config,
        said.filter(Regression.PROBLEM::equals),
        " and its head several outputs, and Belay learns one number for an example; for classes,"
            + " give --problem-type");
  }

  /** Refuses a head of one number that the files say is for classes. */
  static void refuseClasses(ModelConfig config, Optional<String> said) {
    refuse(
        config,
        said.filter(ModelConfig.SINGLE_LABEL::equals),
        " and its head one output, which is a number; leave the key out for regression");
  }

  private static void refuse(ModelConfig config, Optional<String> said, String found) {
    if (config.problem().isEmpty() && said.isPresent()) {
      throw new ModelException(
          config.path() + ": its config.json has problem_type " + said.get() + found);
    }
  }
}
