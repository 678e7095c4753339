package dev.belay.savedmodel.names;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A family of models whose weights have names in common. */
public enum Family {
  BERT("Bert"),
  ROBERTA("Roberta"),
  DISTILBERT("DistilBert"),
  ELECTRA("Electra"),
  ALBERT("Albert"),
  GPT2("GPT2"),
  T5("T5");

  private final String className;

  Family(String className) {
    this.className = className;
  }

  /** {@code DistilBert}: how the names of Hugging Face's classes begin. */
  public String className() {
    return className;
  }

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
