package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.SavedVariable;

/** Variables of a TF2 model, from its object graph and its checkpoint. */
final class ObjectVariables {
  private static final String TRAINABLE = "trainable_variables";

  private ObjectVariables() {}

  /** Returns whether a model has variables, and so needs a checkpoint. */
  static boolean any(ObjectGraph objects) {
    for (int id = 0; id < objects.size(); id++) {
      if (objects.node(id).hasVariable()) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param index the checkpoint's index file, for messages
   * @throws CorruptModelException if the checkpoint does not hold a variable as it is declared; the
   *     message lists all that it lacks
   */
  static List<ModelVariable> read(Path index, ObjectGraph objects, NamedTensors checkpoint)
      throws IOException {
    Map<Integer, String> keys = CheckpointKeys.find(index, objects, checkpoint);
    Optional<Set<Integer>> trained = trainedByKeras(objects);
    List<ModelVariable> variables = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (int id = 0; id < objects.size(); id++) {
      if (!objects.node(id).hasVariable()) {
        continue;
      }
      SavedVariable variable = objects.node(id).getVariable();
      String key = keys.get(id);
      if (key == null || !checkpoint.names().contains(key)) {
        missing.add(name(variable, id) + (key == null ? "" : " (key '" + key + "')"));
        continue;
      }
      TensorSpec spec = checkpoint.spec(key);
      requireSame(index, key, variable, spec);
      boolean trainable = variable.getTrainable();
      if (trained.isPresent()) {
        trainable &= trained.get().contains(id);
      }
      variables.add(
          new ModelVariable(id, name(variable, id), spec.dtype(), spec.shape(), trainable, key));
    }
    if (!missing.isEmpty()) {
      throw new CorruptModelException(
          index, "entries", "a value for every variable of the model", "none for " + missing);
    }
    return variables;
  }

  /**
   * Keras leaves {@code trainable} set on the variables of a frozen layer; the model's list of
   * trainable variables is correct.
   */
  private static Optional<Set<Integer>> trainedByKeras(ObjectGraph objects) {
    Integer list = objects.children(0).get(TRAINABLE);
    if (list == null || objects.node(list).getKindCase() != SavedObject.KindCase.USER_OBJECT) {
      return Optional.empty();
    }
    return Optional.of(new HashSet<>(objects.children(list).values()));
  }

  private static String name(SavedVariable variable, int id) {
    return variable.getName().isEmpty() ? "variable_" + id : variable.getName();
  }

  private static void requireSame(Path index, String key, SavedVariable variable, TensorSpec stored)
      throws CorruptModelException {
    Shape declared;
    try {
      declared = ConstantTensor.shape(variable.getShape());
    } catch (IllegalArgumentException e) {
      throw new CorruptModelException(index, "entry '" + key + "'", "a shape", e.getMessage());
    }
    if (variable.getDtype() != stored.dtype() || !declared.isCompatibleWith(stored.shape())) {
      throw new CorruptModelException(
          index,
          "entry '" + key + "'",
          variable.getDtype() + " " + declared + " as the model declares",
          stored.toString());
    }
  }
}
