package dev.belay.savedmodel.names;

/** Dialect of names in a file. */
public enum Dialect {
  /** Hugging Face's PyTorch models: safetensors. These names are the canonical ones. */
  PYTORCH('.'),
  /** The variables of Google's TF1 code: {@code tf.train.Saver} checkpoints. */
  TF1('/'),
  /** Variables of Hugging Face's Keras models: {@code tf_model.h5}, SavedModels. */
  KERAS('/'),
  /** Paths of objects of Hugging Face's Keras models: {@code tf.train.Checkpoint}. */
  TF2('/');

  private final char separator;

  Dialect(char separator) {
    this.separator = separator;
  }

  /** Separator of the words of a name. */
  public char separator() {
    return separator;
  }
}
