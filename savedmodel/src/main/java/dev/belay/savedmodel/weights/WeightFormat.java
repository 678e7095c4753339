package dev.belay.savedmodel.weights;

import java.util.Locale;

/** Formats that hold weights. */
public enum WeightFormat {
  /** A folder with saved_model.pb. */
  SAVEDMODEL("a SavedModel"),
  /** A folder with config.json and model.safetensors or tf_model.h5. */
  HUGGINGFACE("a Hugging Face folder"),
  /** A .safetensors file, or the index of several. */
  SAFETENSORS("a safetensors file"),
  /** A .h5 file of Keras. */
  HDF5("an HDF5 file"),
  /** The prefix of a checkpoint of tf.train.Saver. */
  TF1("a TF1 checkpoint"),
  /** The prefix of a checkpoint of tf.train.Checkpoint. */
  TF2("a TF2 checkpoint");

  private final String description;

  WeightFormat(String description) {
    this.description = description;
  }

  /** {@code huggingface}, as options spell it. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As messages say it. */
  public String description() {
    return description;
  }
}
