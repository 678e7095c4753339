package dev.belay.train.task;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;

/**
 * Decides for a SavedModel that Belay exported whether it is read as weights of Belay's own graph.
 */
public final class OwnGraph {
  private OwnGraph() {}

  /** Whether a configuration describes a language model. */
  public static boolean isLanguageModel(ModelConfiguration configuration) {
    Family family = configuration.family();
    return !family.isEncoder() || MaskedLm.isSaidBy(configuration);
  }

  /**
   * Whether Belay's own graph is used instead of the SavedModel's. Belay's graph of a language
   * model generates token by token, which the SavedModel does not support. A question-answering
   * model has the same shape of logits as one for token classification.
   */
  public static boolean isTaken(ModelConfiguration configuration) {
    return isLanguageModel(configuration) || QuestionAnswering.isSaidBy(configuration);
  }
}
