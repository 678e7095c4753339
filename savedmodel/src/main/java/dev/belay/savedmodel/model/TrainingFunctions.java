package dev.belay.savedmodel.model;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Functions of a model to train through, and the one to evaluate with.
 *
 * <p>Unless one is named, evaluation takes the signature serving_default, and training one of the
 * traces of the model's call with training=True that take the same inputs: it has the dropout that
 * the author meant. Names do not tell which trace computes the same as the signature, so {@link
 * #traces} are in the order in which to try them: those that return the losses of layers first,
 * then those whose inputs nest the least.
 *
 * @param reference function whose results a trace must compute, except for what depends on training
 * @param training what to train through if there is no trace
 * @param evaluation to evaluate, predict and export with
 * @param traces to choose from; empty if {@code training} is fixed
 * @param notes notes about the choice, for people
 * @param trainingNotes further notes, if the model is trained
 */
public record TrainingFunctions(
    ModelFunction reference,
    ModelFunction training,
    ModelFunction evaluation,
    List<Trace> traces,
    List<String> notes,
    List<String> trainingNotes) {
  static final String CALL = "__call__";
  static final String CALL_WITH_LOSSES = "call_and_return_all_conditional_losses";

  /**
   * A trace to train through.
   *
   * @param training with training=True, or without such an argument; its inputs have the names that
   *     the reference gives them
   * @param inference the same trace with training=False; itself where nothing depends on training;
   *     empty if there is none
   */
  public record Trace(ModelFunction training, Optional<ModelFunction> inference) {

    /** Description of this trace for messages: its function and inputs. */
    public String describe() {
      return show(training);
    }
  }

  /**
   * Finds them.
   *
   * @param name a signature or function to train through and evaluate with; empty for the default
   * @throws UnsupportedModelException if there is no such function, or no default; the message
   *     lists the existing ones
   */
  public static TrainingFunctions choose(SavedModelContents contents, Optional<String> name)
      throws UnsupportedModelException {
    return name.isPresent() ? named(contents, name.get()) : byDefault(contents);
  }

  /** Functions without traces to choose from. */
  private static TrainingFunctions of(
      ModelFunction training, ModelFunction evaluation, List<String> trainingNotes) {
    return new TrainingFunctions(
        evaluation, training, evaluation, List.of(), List.of(), trainingNotes);
  }

  private TrainingFunctions noting(String note) {
    List<String> all = new ArrayList<>(List.of(note));
    all.addAll(notes);
    return new TrainingFunctions(reference, training, evaluation, traces, all, trainingNotes);
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
    // A signature has priority over a function of the same name.
    ModelFunction first = found.get(0);
    if (first.isSignature() || found.size() == 1) {
      return of(
          GraphLosses.withTraining(contents, first, true),
          GraphLosses.withTraining(contents, first, false),
          List.of());
    }
    return ofTraces(contents, name, found);
  }

  private static TrainingFunctions ofTraces(
      SavedModelContents contents, String name, List<ModelFunction> found)
      throws UnsupportedModelException {
    Optional<ModelFunction> serving =
        contents.signatures().stream()
            .filter(f -> f.name().equals(SavedModelContents.SERVING_DEFAULT))
            .findFirst();
    List<ModelFunction> traces =
        serving
            .map(reference -> found.stream().filter(f -> fits(f, reference)).toList())
            .filter(fitting -> !fitting.isEmpty())
            .orElse(found);
    ModelFunction first =
        ordered(traces.stream().filter(f -> !f.training().orElse(false)))
            .findFirst()
            .orElse(traces.get(0));
    for (ModelFunction trace : traces) {
      if (!fits(trace, first)) {
        throw new UnsupportedModelException(
            contents.file(),
            "function '" + name + "'",
            "its traces take different inputs, so name a signature instead; they are "
                + list(traces));
      }
    }
    ModelFunction reference = serving.filter(f -> fits(first, f)).orElse(first);
    return new TrainingFunctions(
        reference, first, first, traces(traces, reference), List.of(), List.of());
  }

  private static TrainingFunctions byDefault(SavedModelContents contents)
      throws UnsupportedModelException {
    DefaultFunction byName = new DefaultFunction(contents);
    Optional<ModelFunction> signature = byName.signature();
    if (signature.isEmpty()) {
      String path = byName.path();
      return named(contents, path)
          .noting("no signatures: the model's function " + path + " is used");
    }
    ModelFunction serving = signature.get();
    if (contents.objects().isEmpty()) {
      return of(
          GraphLosses.withTraining(contents, serving, true),
          GraphLosses.withTraining(contents, serving, false),
          List.of());
    }
    List<ModelFunction> calls =
        contents.callables().stream()
            .filter(f -> f.name().equals(CALL) || f.name().equals(CALL_WITH_LOSSES))
            .toList();
    List<Trace> traces = traces(calls, serving);
    if (!traces.isEmpty()) {
      return new TrainingFunctions(serving, serving, serving, traces, List.of(), List.of());
    }
    List<ModelFunction> training = calls.stream().filter(f -> f.training().orElse(false)).toList();
    String why =
        training.isEmpty()
            ? "the model has no trace with training=True"
            : "none of its traces with training=True takes the inputs of "
                + serving.path()
                + ": "
                + list(training);
    return of(
        serving,
        serving,
        List.of("trained through " + serving.path() + " without dropout: " + why));
  }

  /**
   * The traces that can take the inputs of the reference. Those without a training argument are
   * useful only for the losses that they return.
   */
  private static List<Trace> traces(List<ModelFunction> calls, ModelFunction reference) {
    List<ModelFunction> training =
        ordered(calls.stream().filter(f -> f.training().orElse(false))).toList();
    List<ModelFunction> candidates =
        training.isEmpty()
            ? ordered(calls.stream().filter(f -> f.training().isEmpty()))
                .filter(f -> OutputChoice.results(f).size() < f.outputs().size())
                .toList()
            : training;
    List<Trace> traces = new ArrayList<>();
    for (ModelFunction candidate : candidates) {
      Optional<ModelFunction> sibling = sibling(calls, candidate);
      for (List<String> names : InputAlignment.names(candidate, reference)) {
        traces.add(
            new Trace(candidate.withInputNames(names), sibling.map(s -> s.withInputNames(names))));
      }
    }
    return List.copyOf(traces);
  }

  /** The trace of the same function with the same inputs, but with training=False. */
  private static Optional<ModelFunction> sibling(List<ModelFunction> calls, ModelFunction trace) {
    if (trace.training().isEmpty()) {
      return Optional.of(trace);
    }
    List<String> inputs = trace.inputs().stream().map(Argument::toString).toList();
    return calls.stream()
        .filter(f -> f.path().equals(trace.path()) && f.training().equals(Optional.of(false)))
        .filter(f -> f.inputs().stream().map(Argument::toString).toList().equals(inputs))
        .findFirst();
  }

  private static boolean fits(ModelFunction trace, ModelFunction reference) {
    return !InputAlignment.names(trace, reference).isEmpty();
  }

  private static Stream<ModelFunction> ordered(Stream<ModelFunction> functions) {
    return functions.sorted(
        Comparator.comparing((ModelFunction f) -> !f.name().equals(CALL_WITH_LOSSES))
            .thenComparing(TrainingFunctions::nesting));
  }

  private static int nesting(ModelFunction function) {
    return function.inputs().stream()
        .mapToInt(input -> (int) input.name().chars().filter(c -> c == '/').count())
        .sum();
  }

  private static String list(List<ModelFunction> functions) {
    return String.join("; ", functions.stream().map(TrainingFunctions::show).toList());
  }

  /** Lists names alone, since one function may have tens of traces. */
  private static String otherFunctions(SavedModelContents contents) {
    List<String> names =
        contents.callables().stream()
            .filter(function -> !function.isSignature())
            .map(ModelFunction::path)
            .distinct()
            .toList();
    return names.isEmpty() ? "" : " and the functions " + String.join(", ", names);
  }

  static String show(ModelFunction function) {
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
