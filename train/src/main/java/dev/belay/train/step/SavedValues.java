package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Matches saved values with the variables of a graph. TensorFlow aborts the process if it is fed a
 * value of another shape, so shapes are checked first.
 *
 * @param found variables of the graph whose saved value has their type and shape
 * @param missing the other variables, with the reason
 * @param unused saved values without a variable
 */
public record SavedValues(List<GraphVariable> found, List<String> missing, Set<String> unused) {
  /** A message names no more variables than a person reads. */
  private static final int MOST_NAMED = 5;

  /** Compares the variables of a graph with the values of a checkpoint. */
  public static SavedValues of(List<GraphVariable> variables, NamedTensors saved) {
    SavedValues values =
        new SavedValues(new ArrayList<>(), new ArrayList<>(), new TreeSet<>(saved.names()));
    for (GraphVariable variable : variables) {
      String name = variable.name();
      TensorSpec wanted = TensorSpecs.of(variable);
      if (!values.unused.remove(name)) {
        values.missing.add(name + ": not there");
      } else if (!saved.spec(name).equals(wanted)) {
        values.missing.add(name + ": " + saved.spec(name) + ", expected " + wanted);
      } else {
        values.found.add(variable);
      }
    }
    return values;
  }

  /**
   * Refuses a checkpoint of another model or optimizer.
   *
   * @param what the values are, for people
   */
  public void requireAll(String what) {
    if (!missing.isEmpty()) {
      throw new ModelException(
          "the checkpoint's "
              + what
              + " are not those of this run, "
              + missing.size()
              + " of "
              + (found.size() + missing.size())
              + " variables differ: "
              + firstOf(missing)
              + ". Was the model, the head or the optimizer another one?");
    }
  }

  /** Notes about missing and unused values. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (!missing.isEmpty()) {
      notes.add(
          "the checkpoint has no value for these slots, which start with their initial values: "
              + firstOf(missing));
    }
    if (!unused.isEmpty()) {
      notes.add(
          "slots of the checkpoint that this optimizer does not have: "
              + firstOf(List.copyOf(unused)));
    }
    return notes;
  }

  private static String firstOf(List<String> names) {
    List<String> shown = names.subList(0, Math.min(MOST_NAMED, names.size()));
    int rest = names.size() - shown.size();
    return String.join("; ", shown) + (rest > 0 ? "; and " + rest + " more" : "");
  }
}
