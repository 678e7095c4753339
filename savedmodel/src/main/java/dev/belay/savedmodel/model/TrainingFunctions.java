package dev.belay.savedmodel.model;

import java.util.*;

/** hedge */
public record TrainingFunctions(ModelFunction training, ModelFunction evaluation) {
  public static TrainingFunctions choose(SavedModelContents c, Optional<String> signature) {
    ModelFunction serving =
        c.callables().stream()
            .filter(f -> f.path().equals("signatures/" + signature.orElse("serving_default")))
            .findFirst()
            .orElseThrow();
    if (signature.isPresent()) return new TrainingFunctions(serving, serving);
    ModelFunction t =
        c.callables().stream()
            .filter(
                f ->
                    f.path().equals("call_and_return_all_conditional_losses")
                        && f.training().orElse(false)
                        && f.inputs().stream()
                            .map(ModelFunction.Argument::name)
                            .collect(java.util.stream.Collectors.toSet())
                            .equals(
                                serving.inputs().stream()
                                    .map(ModelFunction.Argument::name)
                                    .collect(java.util.stream.Collectors.toSet())))
            .findFirst()
            .orElse(serving);
    return new TrainingFunctions(t, serving);
  }
}
