package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.SavedConcreteFunction;
import org.tensorflow.proto.framework.SavedObject;

/**
 * Losses of a Keras model that depend on no input: those of regularizers, and functions passed to
 * {@code add_loss}. Every layer lists its losses and those of the layers directly below it, so all
 * lists together hold each of them, under one object.
 */
final class RegularizationLosses {
  private static final String LIST = "regularization_losses";

  private RegularizationLosses() {}

  /**
   * Functions without inputs, each with one output; none for a model that is not from Keras, whose
   * author handles its losses.
   *
   * @throws CorruptModelException if such a function has other inputs or outputs
   */
  static List<ModelFunction> find(
      Path file, ObjectGraph objects, Map<String, FunctionDef> functions)
      throws CorruptModelException {
    List<ModelFunction> losses = new ArrayList<>();
    if (objects.size() == 0
        || !objects.node(0).getUserObject().getIdentifier().startsWith(KerasMetadata.IDENTIFIER)) {
      return losses;
    }
    TreeSet<Integer> found = new TreeSet<>();
    for (int id = 0; id < objects.size(); id++) {
      Integer list = objects.children(id).get(LIST);
      if (list != null && objects.node(list).hasUserObject()) {
        found.addAll(objects.children(list).values());
      }
    }
    for (int id : found) {
      SavedObject node = objects.node(id);
      for (String name : ObjectGraph.functionsOf(node)) {
        losses.add(loss(file, objects, functions.get(name)));
      }
    }
    return losses;
  }

  private static ModelFunction loss(Path file, ObjectGraph objects, FunctionDef function)
      throws CorruptModelException {
    OpDef signature = function.getSignature();
    String name = signature.getName();
    SavedConcreteFunction recorded = objects.concreteFunction(name).orElseThrow();
    boolean sound =
        signature.getOutputArgCount() == 1
            && signature.getInputArgCount() == recorded.getBoundInputsCount();
    if (!sound) {
      throw new CorruptModelException(
          file,
          "regularization loss '" + name + "'",
          "a function of "
              + recorded.getBoundInputsCount()
              + " captures and no input that gives one tensor",
          signature.getInputArgCount()
              + " arguments and "
              + signature.getOutputArgCount()
              + " results");
    }
    String output = ModelFunction.LOSSES + subject(objects, recorded).orElse(name);
    return new ModelFunction(
        LIST + "/" + name,
        name,
        List.of(),
        List.of(new Argument(output, signature.getOutputArg(0).getType(), Shape.unknown())),
        Optional.empty());
  }

  /** The variable that is regularized, if it is one. */
  private static Optional<String> subject(ObjectGraph objects, SavedConcreteFunction recorded) {
    List<String> names =
        recorded.getBoundInputsList().stream()
            .map(objects::node)
            .filter(SavedObject::hasVariable)
            .map(node -> node.getVariable().getName())
            .toList();
    return names.isEmpty() ? Optional.empty() : Optional.of(String.join("+", names));
  }
}
