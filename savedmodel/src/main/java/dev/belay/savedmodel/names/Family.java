package dev.belay.savedmodel.names;

import java.util.Locale;

/**
 * Family of models that compute the same and share names of weights; {@link ModelType} maps Hugging
 * Face's models to families.
 */
public enum Family {
  BERT,
  ROBERTA,
  DISTILBERT,
  ELECTRA,
  ALBERT,
  MPNET,
  MODERNBERT,
  GPT2,
  LLAMA,
  GPT_NEOX,
  T5,
  BART;

  /** Whether its models predict the next token of one text. */
  public boolean isDecoder() {
    return this == GPT2 || hasRotaryPositions();
  }

  /** Whether its models read one text and write another. */
  public boolean isEncoderDecoder() {
    return this == T5 || this == BART;
  }

  /** Whether queries and keys of its models are rotated by their positions. */
  public boolean hasRotaryPositions() {
    return this == LLAMA || this == GPT_NEOX;
  }

  /** {@code bert}: the name of its tables, and the {@code model_type} of its first model. */
  public String modelType() {
    return name().toLowerCase(Locale.ROOT);
  }
}
