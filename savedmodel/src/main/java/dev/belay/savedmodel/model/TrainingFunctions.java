package dev.belay.savedmodel.model;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which function of a model to train through, and which to evaluate with.
 *
 * <p>Unless one is named, evaluation takes the signature serving_default and training the trace of
 * the model's call with training=True that takes the same inputs: it has the dropout that the
 * author meant. Of several such traces the one of call_and_return_all_conditional_losses is taken,
 * whose body calls the least, then the one whose inputs nest the least.
 *
 * @param training to differentiate
 * @param evaluation to evaluate, predict and export with
 * @param notes what people should know about the choice
 */
public record TrainingFunctions(
    ModelFunction training, ModelFunction evaluation, List<String> notes) {
  private static final String DEFAULT = "serving_default";
  private static final String CALL = "__call__";
  private static final String CALL_WITH_LOSSES = "call_and_return_all_conditional_losses";

  /**
   * Chooses.
   *
   * @param name a signature or function to train through and evaluate with; empty for the default
   * @throws UnsupportedModelException if there is no such function, or no default; the message
   *     lists what there is
   */
  public static TrainingFunctions choose(SavedModelContents contents, Optional<String> name)
      throws UnsupportedModelException {
    return name.isPresent() ? named(contents, name.get()) : byDefault(contents);
  }

  private static TrainingFunctions named(SavedModelContents contents, String name)
      throws UnsupportedModelException {
    List<ModelFunction> found =
        contents.callables().stream().filter(function -> function.path().equals(name)).toList();
    if (found.isEmpty()) {
      found =
          contents.callables().stream().filter(function -> function.name().equals(name)).toList();
    }
    if (found.isEmpty()) {
      throw new UnsupportedModelException(
          contents.file(),
          "function '" + name + "'",
          "there is no such signature or function; the model has the signatures "
              + list(contents.signatures())
              + otherFunctions(contents));
    }
    // A signature goes before a function of the same name.
    ModelFunction first = found.get(0);
    if (first.isSignature() || found.size() == 1) {
      return new TrainingFunctions(
          withTraining(contents, first, true), withTraining(contents, first, false), List.of());
    }
    List<ModelFunction> traces = sameInputsAsServing(contents, found);
    for (ModelFunction trace : traces) {
      if (!sameInputs(trace, traces.get(0))) {
        throw new UnsupportedModelException(
            contents.file(),
            "function '" + name + "'",
            "its traces take different inputs, so name a signature instead; they are "
                + list(traces));
      }
    }
    Optional<ModelFunction> evaluation =
        best(traces.stream().filter(f -> !f.training().orElse(false)).toList());
    Optional<ModelFunction> training =
        best(traces.stream().filter(f -> f.training().orElse(false)).toList());
    return new TrainingFunctions(
        training.or(() -> evaluation).orElseThrow(),
        evaluation.or(() -> training).orElseThrow(),
        List.of());
  }

  /** Of several traces those that take what serving_default takes, if there are any. */
  private static List<ModelFunction> sameInputsAsServing(
      SavedModelContents contents, List<ModelFunction> traces) {
    for (ModelFunction signature : contents.signatures()) {
      List<ModelFunction> same =
          traces.stream().filter(trace -> sameInputs(trace, signature)).toList();
      if (signature.name().equals(DEFAULT) && !same.isEmpty()) {
        return same;
      }
    }
    return traces;
  }

  private static TrainingFunctions byDefault(SavedModelContents contents)
      throws UnsupportedModelException {
    List<ModelFunction> signatures = contents.signatures();
    ModelFunction serving =
        signatures.stream()
            .filter(signature -> signature.name().equals(DEFAULT))
            .findFirst()
            .or(() -> signatures.size() == 1 ? Optional.of(signatures.get(0)) : Optional.empty())
            .orElseThrow(
                () ->
                    new UnsupportedModelException(
                        contents.file(),
                        "signatures",
                        "none is named "
                            + DEFAULT
                            + "; name the one to use: the model has "
                            + list(contents.callables())));
    if (contents.objects().isEmpty()) {
      return new TrainingFunctions(
          withTraining(contents, serving, true), withTraining(contents, serving, false), List.of());
    }
    List<ModelFunction> traces =
        contents.callables().stream()
            .filter(f -> f.name().equals(CALL) || f.name().equals(CALL_WITH_LOSSES))
            .filter(f -> f.training().orElse(false))
            .toList();
    Optional<ModelFunction> training =
        best(traces.stream().filter(trace -> sameInputs(trace, serving)).toList());
    if (training.isPresent()) {
      return new TrainingFunctions(
          withNamesOf(serving, training.get()),
          serving,
          List.of("training trace: " + show(training.get())));
    }
    String why =
        traces.isEmpty()
            ? "the model has no trace with training=True"
            : "none of its traces with training=True takes the inputs of "
                + serving.path()
                + ": "
                + list(traces);
    return new TrainingFunctions(
        serving,
        serving,
        List.of("trained through " + serving.path() + " without dropout: " + why));
  }

  /** A TF1 graph is one for both; its switch makes the difference. */
  private static ModelFunction withTraining(
      SavedModelContents contents, ModelFunction function, boolean training) {
    boolean hasSwitch = contents.objects().isEmpty() && function.training().isPresent();
    return hasSwitch
        ? new ModelFunction(
            function.path(),
            function.functionName(),
            function.inputs(),
            function.outputs(),
            Optional.of(training))
        : function;
  }

  private static Optional<ModelFunction> best(List<ModelFunction> functions) {
    return functions.stream()
        .min(
            Comparator.comparing((ModelFunction f) -> !f.name().equals(CALL_WITH_LOSSES))
                .thenComparing(TrainingFunctions::nesting));
  }

  private static int nesting(ModelFunction function) {
    return function.inputs().stream()
        .mapToInt(input -> (int) input.name().chars().filter(c -> c == '/').count())
        .sum();
  }

  /** The same features, of the same types, and no shape that the other refuses. */
  private static boolean sameInputs(ModelFunction trace, ModelFunction serving) {
    Map<String, Argument> byFeature = new HashMap<>();
    trace.inputs().forEach(input -> byFeature.put(feature(input), input));
    if (byFeature.size() != serving.inputs().size()
        || trace.inputs().size() != serving.inputs().size()) {
      return false;
    }
    return serving.inputs().stream()
        .allMatch(
            input -> {
              Argument other = byFeature.get(feature(input));
              return other != null
                  && other.dtype() == input.dtype()
                  && other.shape().isCompatibleWith(input.shape());
            });
  }

  /**
   * The last part of an input's name: Python names the same input {@code input_ids} and {@code
   * inputs/input_ids}.
   */
  static String feature(Argument input) {
    return input.name().substring(input.name().lastIndexOf('/') + 1);
  }

  /**
   * Results of a trace that have no names get those of the signature's, where type and shape leave
   * no doubt which is which.
   */
  private static ModelFunction withNamesOf(ModelFunction serving, ModelFunction trace) {
    List<Argument> results = OutputChoice.results(trace);
    Map<Argument, String> names = new HashMap<>();
    for (Argument result : results) {
      List<Argument> same =
          serving.outputs().stream().filter(output -> sameKind(output, result)).toList();
      boolean clear =
          same.size() == 1
              && result.name().startsWith("output_")
              && results.stream().filter(other -> sameKind(other, result)).count() == 1;
      if (clear) {
        names.put(result, same.get(0).name());
      }
    }
    boolean all = names.size() == results.size() && results.size() == serving.outputs().size();
    List<Argument> outputs =
        trace.outputs().stream()
            .map(
                output ->
                    new Argument(
                        names.getOrDefault(output, output.name()), output.dtype(), output.shape()))
            .toList();
    return all
        ? new ModelFunction(
            trace.path(), trace.functionName(), trace.inputs(), outputs, trace.training())
        : trace;
  }

  private static boolean sameKind(Argument a, Argument b) {
    // Shape.equals takes no two unknown dimensions for equal.
    return a.dtype() == b.dtype() && Arrays.equals(a.shape().asArray(), b.shape().asArray());
  }

  private static String list(List<ModelFunction> functions) {
    return String.join("; ", functions.stream().map(TrainingFunctions::show).toList());
  }

  /** By their names alone: one function may have tens of traces. */
  private static String otherFunctions(SavedModelContents contents) {
    List<String> names =
        contents.callables().stream()
            .filter(function -> !function.isSignature())
            .map(ModelFunction::path)
            .distinct()
            .toList();
    return names.isEmpty() ? "" : " and the functions " + String.join(", ", names);
  }

  private static String show(ModelFunction function) {
    List<String> inputs =
        function.inputs().stream()
            .map(input -> input.name() + " " + input.dtype().name() + " " + input.shape())
            .toList();
    return function.path()
        + "("
        + String.join(", ", inputs)
        + function.training().map(value -> ", training=" + value).orElse("")
        + ")";
  }
}
