package dev.belay.train.model;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.train.ModelException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/** Which output of a function holds the logits. */
final class OutputChoice {
  private OutputChoice() {}

  /**
   * The output that the user named; else one called logits; else the only one with logit in its
   * name; else the only one.
   *
   * @throws ModelException if that leaves none or several; it lists the outputs
   */
  static String of(ModelFunction function, Optional<String> named) {
    List<String> names = function.outputs().stream().map(ModelFunction.Argument::name).toList();
    if (named.isPresent()) {
      if (names.contains(named.get())) {
        return named.get();
      }
      if (names.size() == 1) {
        // A trace returns a bare tensor where the signature of the same function names it.
        return names.get(0);
      }
      throw new ModelException(
          "--output: " + function.path() + " has no output '" + named.get() + "'; it has " + names);
    }
    return only(names, name -> name.equals("logits"))
        .or(() -> only(names, name -> name.toLowerCase(Locale.ROOT).contains("logit")))
        .or(() -> only(names, name -> true))
        .orElseThrow(
            () ->
                new ModelException(
                    function.path()
                        + " has several outputs and none is called logits: "
                        + names
                        + "; name the one to train with --output, or train a new head with --head"
                        + " and --features"));
  }

  private static Optional<String> only(List<String> names, Predicate<String> wanted) {
    List<String> found = names.stream().filter(wanted).toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }
}
