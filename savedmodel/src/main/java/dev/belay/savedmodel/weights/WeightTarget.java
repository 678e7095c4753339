package dev.belay.savedmodel.weights;

import java.util.Locale;

/** The forms in which weights are written; each is a folder. */
public enum WeightTarget {
  /** A checkpoint with google-research's names, and bert_config.json. */
  TF1,
  /** A checkpoint that tf.train.Checkpoint(model=...) of Hugging Face's Keras model reads. */
  TF2,
  /** model.safetensors with PyTorch's names; config.json where there is one. */
  SAFETENSORS,
  /** A folder that transformers loads: config.json, model.safetensors, tokenizer. */
  HUGGINGFACE,
  /** A SavedModel whose graph is unchanged. */
  SAVEDMODEL,
  /** The adapter of a run alone, as a folder that Hugging Face PEFT loads. */
  PEFT;

  /** {@code huggingface}, as options spell it. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
