package dev.belay.savedmodel.model;

import dev.belay.savedmodel.UnsupportedModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds the default function of a model: a signature or, in a model without signatures, a function
 * whose name identifies it.
 */
final class DefaultFunction {

  /** The signature that TF-Hub uses. */
  private static final String HUB = "default";

  /**
   * The function that Keras keeps in a model saved without signatures: the call that would be its
   * signature.
   */
  private static final String OF_KERAS = "_default_save_signature";

  /** Functions that may be the model's call, the most certain first. */
  private static final List<String> CALLS =
      List.of(
          SavedModelContents.SERVING_DEFAULT,
          "serve",
          "serving",
          TrainingFunctions.CALL,
          "call",
          "predict");

  private final SavedModelContents contents;

  DefaultFunction(SavedModelContents contents) {
    this.contents = contents;
  }

  /**
   * The default signature, or the function that Keras would have made one; empty if no name
   * identifies it.
   */
  Optional<ModelFunction> signature() {
    List<ModelFunction> signatures = contents.signatures();
    return named(signatures, SavedModelContents.SERVING_DEFAULT)
        .or(() -> signatures.size() == 1 ? Optional.of(signatures.get(0)) : Optional.empty())
        .or(() -> named(signatures, HUB))
        .or(() -> signatures.isEmpty() ? named(contents.callables(), OF_KERAS) : Optional.empty());
  }

  private static Optional<ModelFunction> named(List<ModelFunction> functions, String name) {
    return functions.stream().filter(function -> function.name().equals(name)).findFirst();
  }

  /**
   * The path of the default function of a model without signatures.
   *
   * @throws UnsupportedModelException if there are signatures, or the choice between several
   *     functions is ambiguous; the message lists them and says how to save a signature
   */
  String path() throws UnsupportedModelException {
    Map<String, List<ModelFunction>> traces = new LinkedHashMap<>();
    for (ModelFunction function : contents.callables()) {
      traces.computeIfAbsent(function.path(), path -> new ArrayList<>()).add(function);
    }
    if (contents.signatures().isEmpty()) {
      Optional<String> call = CALLS.stream().filter(traces::containsKey).findFirst();
      if (call.isPresent() || traces.size() == 1) {
        return call.orElseGet(() -> traces.keySet().iterator().next());
      }
    }
    List<String> shown = new ArrayList<>();
    traces.forEach((path, all) -> shown.add(shown(all)));
    String found = contents.signatures().isEmpty() ? "no signatures" : "none of that name";
    throw new UnsupportedModelException(
        contents.file(),
        "signatures",
        "expected "
            + SavedModelContents.SERVING_DEFAULT
            + ", found "
            + found
            + advice(shown)
            + others(traces.keySet()));
  }

  private static String shown(List<ModelFunction> traces) {
    return TrainingFunctions.show(traces.get(0))
        + (traces.size() == 1 ? "" : " and " + (traces.size() - 1) + " more traces of it");
  }

  private String advice(List<String> functions) {
    if (!functions.isEmpty()) {
      return ". Name one of these by --signature, by its name alone: "
          + String.join("; ", functions);
    }
    return contents.objects().isPresent()
        ? " and no functions that take and give plain tensors. Save the model with a signature:"
            + " tf.saved_model.save(model, 'DIR', signatures=tf.function(lambda input_ids:"
            + " {'logits': model(input_ids)}).get_concrete_function(tf.TensorSpec([None, None],"
            + " tf.int32, 'input_ids')))"
        : ". Save the graph with one: signature_def_map={'"
            + SavedModelContents.SERVING_DEFAULT
            + "': tf.compat.v1.saved_model.predict_signature_def({'input_ids': IDS}, {'logits':"
            + " LOGITS})} of SavedModelBuilder.add_meta_graph_and_variables";
  }

  /** Functions of the model's object that cannot be called from here. */
  private String others(Set<String> listed) {
    Set<String> others = new TreeSet<>();
    contents
        .objects()
        .ifPresent(
            objects ->
                objects
                    .children(0)
                    .forEach(
                        (name, id) -> {
                          boolean function =
                              Stream.of(objects.node(id))
                                  .anyMatch(
                                      node -> node.hasFunction() || node.hasBareConcreteFunction());
                          if (function && !listed.contains(name)) {
                            others.add(name);
                          }
                        }));
    return others.isEmpty()
        ? ""
        : ". Its functions "
            + String.join(", ", others)
            + " were never called before the model was saved, or take ragged or sparse tensors";
  }
}
