package dev.belay.savedmodel.names;

import java.util.Locale;

/**
 * Family of models that compute the same and share names of weights; {@link ModelType} maps Hugging
 * Face's models to families.
 */
public enum Family {
  BERT(Architecture.ENCODER),
  ROBERTA(Architecture.ENCODER),
  DISTILBERT(Architecture.ENCODER),
  ELECTRA(Architecture.ENCODER),
  ALBERT(Architecture.ENCODER),
  MPNET(Architecture.ENCODER),
  MODERNBERT(Architecture.ENCODER),
  DEBERTA(Architecture.ENCODER),
  DEBERTA_V2(Architecture.ENCODER),
  GPT2(Architecture.DECODER),
  LLAMA(Architecture.DECODER),
  GPT_NEOX(Architecture.DECODER),
  T5(Architecture.ENCODER_DECODER),
  BART(Architecture.ENCODER_DECODER);

  /** Stacks of blocks that a model consists of. */
  public enum Architecture {
    /** Reads a text, each token with those before and after it. */
    ENCODER,
    /** Predicts the next token of a text. */
    DECODER,
    /** Reads a text and writes another. */
    ENCODER_DECODER
  }

  private final Architecture architecture;

  Family(Architecture architecture) {
    this.architecture = architecture;
  }

  /** The architecture of its models. */
  public Architecture architecture() {
    return architecture;
  }

  /** Whether its models are encoders alone. */
  public boolean isEncoder() {
    return architecture == Architecture.ENCODER;
  }

  /** Whether its models predict the next token of one text. */
  public boolean isDecoder() {
    return architecture == Architecture.DECODER;
  }

  /** Whether its models read one text and write another. */
  public boolean isEncoderDecoder() {
    return architecture == Architecture.ENCODER_DECODER;
  }

  /** Whether its models are decoders whose queries and keys are rotated by their positions. */
  public boolean isRotaryDecoder() {
    return this == LLAMA || this == GPT_NEOX;
  }

  /** Whether its attention reads content and distances apart: the two versions of DeBERTa. */
  public boolean isDisentangled() {
    return this == DEBERTA || this == DEBERTA_V2;
  }

  /** {@code bert}: the name of its tables, and the {@code model_type} of its first model. */
  public String modelType() {
    return name().toLowerCase(Locale.ROOT);
  }
}
