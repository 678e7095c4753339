package dev.belay.train.model;

import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.OutputChoice;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.TrainingFunctions;
import dev.belay.savedmodel.model.TrainingFunctions.Trace;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses the functions of a SavedModel that train and evaluate, by what they compute.
 *
 * <p>A trace with training=True is taken if, without dropout, it computes what the signature
 * computes. If something else depends on training, such as batch normalization, none does; then one
 * is taken whose twin with training=False computes what the signature computes: the two were traced
 * by the same call, so that only what the author made depend on training sets them apart. Keras
 * saves traces for which neither holds: some have lost a mask.
 *
 * <p>Equal computations are derived from the graph, or else compared on a dummy batch, which needs
 * native code and is done by {@link #byProbe}.
 */
final class TraceChoice {
  private final ModelConfig config;
  private final SavedModelContents contents;
  private final TrainingFunctions functions;
  private final boolean trains;

  /**
   * @param trains whether to train, or to evaluate alone
   */
  TraceChoice(
      ModelConfig config,
      SavedModelContents contents,
      TrainingFunctions functions,
      boolean trains) {
    this.config = config;
    this.contents = contents;
    this.functions = functions;
    this.trains = trains;
  }

  /**
   * The functions of a run in one flat graph.
   *
   * @param regularizers functions whose result belongs to the loss
   * @param loss the function that computes the loss, if the model itself does
   * @param notes remarks about the choice, for people
   */
  record Chosen(
      FlatModel model,
      FlatFunction training,
      FlatFunction evaluation,
      List<FlatFunction> regularizers,
      Optional<LossFunction> loss,
      ModelNotes notes) {

    /** The function that predicts, if the model computes its loss by another one. */
    Optional<FlatFunction> prediction() {
      return loss.flatMap(LossFunction::prediction)
          .map(prediction -> model.function(prediction.function()))
          .filter(function -> !function.equals(evaluation));
    }
  }

  /** The functions, where files and graphs decide it; otherwise {@link #byProbe} must. */
  Optional<Chosen> byStructure() throws IOException {
    Optional<Chosen> simple = withoutChoice();
    if (simple.isPresent()) {
      return simple;
    }
    // The first trace is as a rule the right one, and its twin is not needed to see that.
    List<Trace> likeliest = functions.traces().subList(0, 1);
    TraceCandidates one = candidates(likeliest, !trains || evaluatesByTrace(likeliest.get(0)));
    Optional<Chosen> chosen = decide(likeliest, one, one::isProved);
    if (chosen.isPresent()) {
      return chosen;
    }
    TraceCandidates all = candidates(functions.traces(), true);
    return decide(functions.traces(), all, all::isProved);
  }

  /**
   * The functions, seen on a batch.
   *
   * @throws ModelException if no trace computes what the signature computes; an evaluation needs
   *     one for the losses that layers add
   */
  Chosen byProbe() throws IOException {
    TraceCandidates all = candidates(functions.traces(), true);
    try (TraceProbe probe = TraceProbe.open(contents, all.model(), all.reference())) {
      Optional<Chosen> chosen =
          decide(
              functions.traces(),
              all,
              (one, output, other, otherOutput) ->
                  all.isProved(one, output, other, otherOutput)
                      || probe.areSame(one, output, other, otherOutput));
      return chosen.orElseThrow(() -> new ModelException(refusal(all, probe)));
    }
  }

  /** The signature for both, while the choice is open. */
  Chosen bySignature() throws IOException {
    return finished(functions.evaluation(), functions.evaluation(), notes());
  }

  /** Nothing is to be chosen if there are no traces, or if none is of use. */
  private Optional<Chosen> withoutChoice() throws IOException {
    boolean forLossesAlone =
        functions.traces().stream().allMatch(trace -> trace.training().training().isEmpty());
    if (functions.traces().isEmpty() || (forLossesAlone && !config.modelLosses())) {
      ModelFunction training = trains ? functions.training() : functions.evaluation();
      return Optional.of(finished(training, functions.evaluation(), notes()));
    }
    return trains || functions.traces().stream().anyMatch(this::evaluatesByTrace)
        ? Optional.empty()
        : Optional.of(bySignature());
  }

  /**
   * Whether a trace evaluates: because one was requested, or because it returns the losses that
   * layers add, which the signature does not.
   */
  private boolean evaluatesByTrace(Trace trace) {
    return trace.inference().isPresent()
        && (!functions.evaluation().equals(functions.reference())
            || (config.modelLosses() && !trace.inference().get().losses().isEmpty()));
  }

  private Optional<Chosen> decide(
      List<Trace> traces, TraceCandidates candidates, TraceCandidates.Sameness same)
      throws IOException {
    for (boolean byTwin : trains ? new boolean[] {false, true} : new boolean[] {true}) {
      for (Trace trace : traces) {
        Optional<ModelFunction> compared =
            byTwin ? trace.inference() : Optional.of(trace.training());
        Optional<Map<Integer, String>> names =
            compared
                .filter(function -> candidates.flat(function) != null)
                .flatMap(function -> candidates.match(function, same));
        boolean evaluates =
            !evaluatesByTrace(trace) || candidates.match(trace.inference().get(), same).isPresent();
        if (names.isPresent() && evaluates) {
          return Optional.of(
              taken(trace, names.get(), candidates, notes(trace, candidates, byTwin)));
        }
      }
    }
    return Optional.empty();
  }

  private Chosen taken(
      Trace trace, Map<Integer, String> names, TraceCandidates candidates, ModelNotes notes)
      throws IOException {
    boolean usesAll = trains && !evaluatesByTrace(trace) && candidates.areOnly(trace.training());
    if (usesAll) {
      return chosen(
          candidates.model(),
          candidates.flat(trace.training()).withOutputNames(names),
          candidates.reference(),
          notes);
    }
    ModelFunction evaluation =
        evaluatesByTrace(trace)
            ? trace.inference().orElseThrow().withOutputNames(names)
            : functions.evaluation();
    ModelFunction training = trains ? trace.training().withOutputNames(names) : evaluation;
    return finished(training, evaluation, notes);
  }

  private ModelNotes notes() {
    ModelNotes notes = new ModelNotes();
    functions.notes().forEach(notes::add);
    functions.trainingNotes().forEach(note -> notes.add(ModelUse.trainings(), note));
    return notes;
  }

  private ModelNotes notes(Trace trace, TraceCandidates candidates, boolean byTwin) {
    ModelNotes notes = notes();
    if (trains) {
      notes.add("training trace: " + trace.describe());
    }
    if (trains && byTwin) {
      notes.add(
          "beside dropout, training differs from "
              + functions.reference().path()
              + " by "
              + String.join(", ", candidates.opsOfTrainingAlone(trace)));
    }
    return notes;
  }

  private Chosen finished(ModelFunction training, ModelFunction evaluation, ModelNotes notes)
      throws IOException {
    FlatModel model = inline(new LinkedHashSet<>(List.of(training, evaluation)));
    return chosen(model, model.function(training), model.function(evaluation), notes);
  }

  private Chosen chosen(
      FlatModel model, FlatFunction training, FlatFunction evaluation, ModelNotes notes) {
    List<FlatFunction> added = regularizers().stream().map(model::function).toList();
    return new Chosen(model, training, evaluation, added, Optional.empty(), notes);
  }

  private List<ModelFunction> regularizers() {
    return config.modelLosses() ? contents.regularizers() : List.of();
  }

  private FlatModel inline(Set<ModelFunction> functions) throws IOException {
    List<ModelFunction> all = new ArrayList<>(functions);
    all.addAll(regularizers());
    return FlatModel.of(contents, FunctionInliner.inline(contents, all, options(config)));
  }

  static InlineOptions options(ModelConfig config) {
    return InlineOptions.defaults().acceptingNaturalGradient(config.trust().naturalGradients());
  }

  /**
   * Traces with what they must compute.
   *
   * @param twins whether the traces with training=False are needed too
   */
  private TraceCandidates candidates(List<Trace> traces, boolean twins) throws IOException {
    Set<ModelFunction> all = new LinkedHashSet<>();
    for (Trace trace : traces) {
      if (trains) {
        all.add(trace.training());
      }
      if (twins) {
        trace.inference().ifPresent(all::add);
      }
    }
    ModelFunction reference = functions.reference();
    all.add(reference);
    List<Integer> targets =
        config.newHead().isEmpty()
            ? List.of(OutputChoice.choose(contents.file(), reference, config.output()))
            : reference.results();
    return new TraceCandidates(inline(all), reference, targets);
  }

  private String refusal(TraceCandidates all, TraceProbe probe) {
    ModelFunction reference = functions.reference();
    Set<String> found = new LinkedHashSet<>();
    for (Trace trace : functions.traces()) {
      if (trains) {
        found.add(trace.describe() + ": " + all.distance(trace.training(), probe));
      } else {
        trace.inference().ifPresent(function -> found.add(all.distance(function, probe)));
      }
    }
    return contents.file()
        + (trains
            ? ": no trace with training=True agrees, without dropout, with "
            : ": layers add losses, and no trace that returns them agrees with ")
        + reference.path()
        + probe
            .failure(all.reference())
            .map(why -> ", which itself does not run on a batch of made-up rows: " + why)
            .orElse("")
        + ". Expected the same outputs on the same rows, found "
        + String.join("; ", found)
        + ". Keras loses masks in some of the traces that it saves. "
        + (trains
            ? "Train through the signature, without dropout, by --signature " + reference.name()
            : "Evaluate without these losses by --model-losses off")
        + ".";
  }
}
