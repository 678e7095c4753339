package dev.belay.train.model;

import dev.belay.savedmodel.hdf5.Hdf5Contents;
import dev.belay.savedmodel.hdf5.Hdf5Reader;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Weights of which no configuration says what model they are of. */
record UndescribedWeights(WeightLocation location) {

  /** Advice: a model that Keras saved whole has its layers in the file. */
  ModelException refusal() {
    Path file = location.path();
    if (location.format() == WeightFormat.HDF5) {
      return new ModelException(
          isWholeModel(file)
              ? file
                  + ": a whole Keras model (model.save), whose layers only Keras can build; write it"
                  + " as a SavedModel: "
                  + python(file, "tf.keras.models.load_model('%1$s').save('%2$s')")
              : file
                  + ": Belay builds the graph of these weights, and no config.json lies beside them"
                  + " to say what it is made of; name one with --model-config. Weights of a Keras"
                  + " model of its own (model.save_weights) are saved with its layers by"
                  + " model.save('DIR'), as a SavedModel");
    }
    return new ModelException(
        file
            + ": Belay builds the graph of these weights, and no config.json or bert_config.json lies"
            + " beside them to say what it is made of; name one with --model-config");
  }

  private static boolean isWholeModel(Path file) {
    try {
      return Hdf5Reader.open(file) instanceof Hdf5Contents contents && contents.isWholeModel();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String python(Path file, String statement) {
    String target = file.toString().replaceAll("\\.(h5|hdf5)$", "");
    return "python -c \"import tensorflow as tf; " + statement.formatted(file, target) + "\"";
  }
}
