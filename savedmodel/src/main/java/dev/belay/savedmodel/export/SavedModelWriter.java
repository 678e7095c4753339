package dev.belay.savedmodel.export;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes SavedModels that Python and TensorFlow Serving load. The target directory appears complete
 * or not at all.
 */
public final class SavedModelWriter {
  private SavedModelWriter() {}

  /**
   * Writes a model again with other values in its variables. Graph, signatures, Keras metadata and
   * assets stay as they are, so everything that could be done with the original in Python can be
   * done with the copy.
   *
   * @param source the model's directory
   * @param newValues by checkpoint key, read one by one; of a partitioned variable the whole. Keys
   *     that are not named keep their values.
   * @param extras files for people and programs beside TensorFlow, by name: {@code assets.extra}
   * @param target where to write; must not exist
   * @throws IllegalArgumentException if a key is unknown or a value has the wrong size: the message
   *     lists all of them
   * @throws IOException if the source cannot be read or the target cannot be written
   */
  public static void replaceVariables(
      Path source, NamedTensors newValues, Map<String, byte[]> extras, Path target)
      throws IOException {
    VariableReplacement replacement = new VariableReplacement(source, newValues);
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      replacement.writeInto(directory.path());
      writeExtras(directory.path(), extras);
      directory.commit();
    }
  }

  /**
   * Writes a model again with other values in some of its variables, see {@link
   * #replaceVariables(Path, NamedTensors, Map, Path)}.
   *
   * @param names of the new values, for each variable that gets one
   * @param values by these names; of a partition, its part
   */
  public static void replaceVariables(
      SavedModelContents model,
      Map<ModelVariable, String> names,
      NamedTensors values,
      Map<String, byte[]> extras,
      Path target)
      throws IOException {
    replaceVariables(model.directory(), new ValuesByKey(model, names, values), extras, target);
  }

  /** The size in bytes of a model that is written again, without extras. */
  public static long bytes(SavedModelContents model) throws IOException {
    return VariableReplacement.bytes(model.directory());
  }

  /**
   * Writes a new model: one function for each signature, the variables and tables that they use as
   * objects. In Python, {@code tf.saved_model.load} gives {@code signatures}, {@code variables} and
   * {@code trainable_variables}; TensorFlow Serving and the C++ loader run the main graph.
   *
   * @param extras files for people and programs beside TensorFlow, by name: {@code assets.extra}
   * @param target where to write; must not exist
   * @throws IllegalArgumentException if the model cannot be written as it is; the message says why
   * @throws IOException if the target cannot be written or an asset cannot be read
   */
  public static void write(NewModel model, Map<String, byte[]> extras, Path target)
      throws IOException {
    NewModelAssembly assembly = new NewModelAssembly(model);
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      assembly.writeInto(directory.path());
      writeExtras(directory.path(), extras);
      directory.commit();
    }
  }

  /** TensorFlow's own place for files that it does not read. */
  private static void writeExtras(Path directory, Map<String, byte[]> extras) throws IOException {
    Path folder = directory.resolve(ModelFiles.ASSETS_EXTRA);
    for (Map.Entry<String, byte[]> extra : extras.entrySet()) {
      Path file = folder.resolve(extra.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, extra.getValue());
    }
  }

  /** The folder of the checkpoint in a SavedModel. */
  static Path variablesPrefix(Path model) {
    return model.resolve(ModelFiles.VARIABLES).resolve(ModelFiles.VARIABLES);
  }
}
