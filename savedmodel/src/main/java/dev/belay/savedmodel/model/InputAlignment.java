package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.util.ArrayList;
import java.util.List;

/**
 * Matches the inputs of a trace with the inputs of the signature. Python names the same input
 * {@code input_ids}, {@code inputs/input_ids}, {@code inputs} or, in a list, {@code inputs/0}, so
 * that names decide only where they agree; types and shapes rule out most of the rest.
 */
final class InputAlignment {
  /** The number of orders of four inputs of one kind; real models do not have more. */
  private static final int MOST = 24;

  private InputAlignment() {}

  /**
   * All possible assignments of a signature's inputs to a trace, the likeliest first.
   *
   * @return for each, the signature's name of every input of the trace, in the trace's order; empty
   *     if the trace has other inputs
   */
  static List<List<String>> names(ModelFunction trace, ModelFunction reference) {
    if (trace.inputs().size() != reference.inputs().size()) {
      return List.of();
    }
    boolean sameNames =
        trace.inputs().stream().map(InputAlignment::feature).distinct().count()
                == trace.inputs().size()
            && trace.inputs().stream().allMatch(input -> named(reference, input) != null);
    List<List<String>> found = new ArrayList<>();
    collect(trace, reference, sameNames, new ArrayList<>(), found);
    return found;
  }

  private static void collect(
      ModelFunction trace,
      ModelFunction reference,
      boolean byName,
      List<String> chosen,
      List<List<String>> found) {
    if (found.size() == MOST) {
      return;
    }
    if (chosen.size() == trace.inputs().size()) {
      found.add(List.copyOf(chosen));
      return;
    }
    Argument input = trace.inputs().get(chosen.size());
    for (Argument other : reference.inputs()) {
      boolean may =
          !chosen.contains(other.name())
              && sameKind(input, other)
              && (!byName || feature(input).equals(feature(other)));
      if (may) {
        chosen.add(other.name());
        collect(trace, reference, byName, chosen, found);
        chosen.remove(chosen.size() - 1);
      }
    }
  }

  private static Argument named(ModelFunction reference, Argument input) {
    return reference.inputs().stream()
        .filter(other -> feature(other).equals(feature(input)))
        .findFirst()
        .orElse(null);
  }

  /** Returns whether types are equal and shapes compatible. */
  private static boolean sameKind(Argument a, Argument b) {
    return a.dtype() == b.dtype() && a.shape().isCompatibleWith(b.shape());
  }

  /** The last part of an input's name. */
  static String feature(Argument input) {
    return input.name().substring(input.name().lastIndexOf('/') + 1);
  }
}
