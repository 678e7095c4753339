package dev.belay.train.model;

import dev.belay.graph.imported.SameComputation;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.TrainingFunctions.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Traces of a model and the function that they must compute, in one flat graph. */
final class TraceCandidates {
  private final FlatModel model;
  private final ModelFunction reference;
  private final List<Integer> targets;
  private final SameComputation computation;

  /**
   * Traces, all expanded.
   *
   * @param reference the required computation
   * @param targets the positions of its outputs that they must give; others need not be alike
   */
  TraceCandidates(FlatModel model, ModelFunction reference, List<Integer> targets) {
    this.model = model;
    this.reference = reference;
    this.targets = targets;
    this.computation = new SameComputation(model.forwardSpec(model.flat().functions(), List.of()));
  }

  /** Test for two outputs that compute the same value. */
  @FunctionalInterface
  interface Sameness {
    boolean test(FlatFunction one, int output, FlatFunction other, int otherOutput);
  }

  FlatModel model() {
    return model;
  }

  FlatFunction flat(ModelFunction function) {
    return model.function(function);
  }

  /** Whether only a trace and the reference were expanded, besides losses. */
  boolean areOnly(ModelFunction trace) {
    return model.flat().functions().stream()
        .map(FlatFunction::source)
        .filter(function -> !function.results().isEmpty())
        .allMatch(function -> function.equals(trace) || function.equals(reference));
  }

  FlatFunction reference() {
    return flat(reference);
  }

  /** Whether the graph itself shows that two outputs are computed alike. */
  boolean isProved(FlatFunction one, int output, FlatFunction other, int otherOutput) {
    return computation.isProved(
        one.outputs().get(output).tensor(), other.outputs().get(otherOutput).tensor());
  }

  /**
   * Maps the outputs of a function to those of the reference.
   *
   * @return names by position; empty if the function computes something else
   */
  Optional<Map<Integer, String>> match(ModelFunction function, Sameness same) {
    FlatFunction trace = flat(function);
    Map<Integer, String> names = new LinkedHashMap<>();
    for (int output : reference.results()) {
      FlatTensor wanted = reference().outputs().get(output);
      Optional<Integer> found =
          function.results().stream()
              .filter(position -> !names.containsKey(position))
              .filter(position -> mayBe(trace.outputs().get(position), wanted))
              .filter(position -> same.test(trace, position, reference(), output))
              .findFirst();
      if (found.isEmpty() && targets.contains(output)) {
        return Optional.empty();
      }
      found.ifPresent(position -> names.put(position, wanted.name()));
    }
    return Optional.of(names);
  }

  /** A trace need not name its results as the signature does. */
  private static boolean mayBe(FlatTensor result, FlatTensor output) {
    boolean unnamed = result.name().startsWith("output_");
    return result.dtype() == output.dtype() && (unnamed || result.name().equals(output.name()));
  }

  /** Difference between a function and the required computation, in words. */
  String distance(ModelFunction function, TraceProbe probe) {
    Optional<String> failure = probe.failure(flat(function));
    if (failure.isPresent()) {
      return "does not run on a batch of made-up rows: " + failure.get();
    }
    return function.results().stream()
        .flatMap(
            position ->
                probe.difference(flat(function), position, reference(), targets.get(0)).stream())
        .min(Double::compare)
        .map(
            least ->
                String.format(
                    java.util.Locale.ROOT,
                    "an output that differs by %.2g times its largest value",
                    least))
        .orElse("outputs of other shapes");
  }

  /** The ops that a trace computes its results by, and that its twin does not have. */
  List<String> opsOfTrainingAlone(Trace trace) {
    return computation
        .opsOnlyIn(results(trace.training()), results(trace.inference().orElseThrow()))
        .entrySet()
        .stream()
        .map(op -> op.getValue() + " " + op.getKey())
        .toList();
  }

  private List<String> results(ModelFunction function) {
    return function.results().stream()
        .map(position -> flat(function).outputs().get(position).tensor())
        .toList();
  }
}
