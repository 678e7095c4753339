package dev.belay.savedmodel.names;

import java.util.Locale;

/**
 * Models that compute the same and whose weights have names in common; {@link ModelType} says which
 * of Hugging Face's models are one.
 */
public enum Family {
  BERT,
  ROBERTA,
  DISTILBERT,
  ELECTRA,
  ALBERT,
  GPT2,
  T5;

  /** {@code bert}: what its tables are called, and the {@code model_type} of its first model. */
  public String modelType() {
    return name().toLowerCase(Locale.ROOT);
  }
}
