package dev.belay.train.task;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;

/** Tells which models a SavedModel that Belay exported is read as weights of. */
public final class OwnGraph {
  private OwnGraph() {}

  /** Whether a configuration says that its model answers with words. */
  public static boolean isLanguageModel(ModelConfiguration configuration) {
    Family family = configuration.family();
    return family == Family.GPT2 || family == Family.T5 || MaskedLm.isSaidBy(configuration);
  }

  /**
   * Whether Belay's own graph is taken in place of the SavedModel's. That of a language model
   * writes token by token, which the SavedModel does not serve; one that answers questions could by
   * its logits as well be one for classes of tokens.
   */
  public static boolean isTaken(ModelConfiguration configuration) {
    return isLanguageModel(configuration) || QuestionAnswering.isSaidBy(configuration);
  }
}
