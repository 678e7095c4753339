package dev.belay.savedmodel.model;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Chooses the output of a function that the loss is computed from. */
public final class OutputChoice {
  private static final String LOGITS = "logits";

  private OutputChoice() {}

  /**
   * The position of the output to train: the one named, else the one named "logits", else the only
   * one whose name contains "logit", else the only one.
   *
   * @param file of the model, for messages
   * @param name the name that the user gave
   * @throws UnsupportedModelException if no output or several outputs match; the message lists them
   */
  public static int choose(Path file, ModelFunction function, Optional<String> name)
      throws UnsupportedModelException {
    List<Argument> results = results(function);
    List<Argument> found =
        results.stream().filter(output -> output.name().equals(name.orElse(LOGITS))).toList();
    if (found.isEmpty() && !function.isSignature() && results.size() == 1) {
      // A trace returns a bare tensor where the signature of the same function names it.
      found = results;
    }
    if (found.isEmpty() && name.isEmpty()) {
      found =
          results.stream()
              .filter(output -> output.name().toLowerCase(Locale.ROOT).contains("logit"))
              .toList();
      if (found.isEmpty()) {
        found = results;
      }
    }
    if (found.size() != 1) {
      throw new UnsupportedModelException(
          file,
          "function '" + function.path() + "'",
          (name.isPresent()
                  ? "it has no output '" + name.get() + "'"
                  : "none of its outputs is clearly the one to train; name it with --output")
              + ": it has "
              + results.stream()
                  .map(output -> output.name() + " " + output.dtype().name() + " " + output.shape())
                  .toList());
    }
    return function.outputs().indexOf(found.get(0));
  }

  /** The outputs of a function without the losses that its layers add. */
  static List<Argument> results(ModelFunction function) {
    return function.results().stream().map(function.outputs()::get).toList();
  }
}
