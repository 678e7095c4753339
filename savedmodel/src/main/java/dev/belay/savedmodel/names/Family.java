package dev.belay.savedmodel.names;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A family of models whose weights have names in common. */
public enum Family {
  BERT,
  ROBERTA,
  DISTILBERT,
  ELECTRA,
  ALBERT,
  GPT2,
  T5;

  /** {@code bert}: Hugging Face's {@code model_type}. */
  public String modelType() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The family of a {@code model_type}; empty if Belay does not know it. */
  public static Optional<Family> ofModelType(String modelType) {
    return Arrays.stream(values())
        .filter(family -> family.modelType().equals(modelType))
        .findFirst();
  }
}
