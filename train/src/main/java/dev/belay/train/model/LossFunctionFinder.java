package dev.belay.train.model;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.TrainingFunctions;
import dev.belay.train.config.LossConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Finds the function of a SavedModel that computes its loss, its labels and its predictions. */
final class LossFunctionFinder {
  private static final Set<String> LABEL_NAMES =
      Set.of(
          "labels",
          "label",
          "label_ids",
          "label_id",
          "tags",
          "tag_ids",
          "ner_tags",
          "targets",
          "target",
          "target_ids",
          "y",
          "y_true");

  private final SavedModelContents contents;
  private final ModelConfig config;
  private final String loss;

  LossFunctionFinder(SavedModelContents contents, ModelConfig config) {
    this.contents = contents;
    this.config = config;
    this.loss = config.loss().output().orElseThrow();
  }

  /**
   * Finds them.
   *
   * @throws ModelException if there is no such output or no input for labels, or their types and
   *     shapes are not those of a loss and of labels
   */
  LossFunction find() throws IOException {
    TrainingFunctions functions =
        TrainingFunctions.choose(contents, Optional.of(config.signature().orElseGet(this::path)));
    ModelFunction function = functions.evaluation();
    if (!functions.traces().isEmpty()) {
      throw refused(
          "the function "
              + function.path()
              + " was traced several times: save the one with the loss as a signature, and name it"
              + " with --signature");
    }
    Argument output =
        output(function, loss)
            .orElseThrow(
                () ->
                    refused(
                        function.path()
                            + " has no such output; it has "
                            + show(results(function))
                            + ". Name one of them, or another function with --signature"));
    Argument labels = labels(function);
    requireFloat(function, output);
    requireLabels(function, labels);
    int padding = config.loss().labelPadding();
    return new LossFunction(
        functions.training(),
        function,
        output,
        labels,
        padding == LossConfig.IGNORED ? OptionalInt.empty() : OptionalInt.of(padding),
        prediction(function));
  }

  /** The only signature with such an output. */
  private String path() {
    List<ModelFunction> found =
        contents.signatures().stream()
            .filter(signature -> output(signature, loss).isPresent())
            .toList();
    if (found.isEmpty()) {
      throw refused(
          "no signature has such an output; there are "
              + outputs(contents.signatures())
              + ". Name one of these outputs, or save a signature that returns the loss");
    }
    if (found.size() > 1) {
      throw refused(
          "the signatures "
              + found.stream().map(ModelFunction::name).toList()
              + " have such an output: name one with --signature");
    }
    return found.get(0).path();
  }

  private Argument labels(ModelFunction function) {
    Optional<String> named = Optional.ofNullable(config.inputs().get(LossConfig.LABELS));
    List<Argument> found =
        function.inputs().stream().filter(input -> isLabels(input, named)).toList();
    if (found.size() == 1) {
      return found.get(0);
    }
    String problem =
        named.isPresent()
            ? "has no input '" + named.get() + "'"
            : found.isEmpty()
                ? "has no input that is named like labels"
                : "has several inputs that are named like labels";
    throw refused(
        function.path()
            + " "
            + problem
            + "; it has "
            + show(function.inputs())
            + ". Name the one that takes the labels with --inputs labels=NAME, or save a signature"
            + " with one");
  }

  private static boolean isLabels(Argument input, Optional<String> named) {
    String name = InputMapping.lastPart(input.name());
    return named.isPresent()
        ? name.equals(named.get())
        : LABEL_NAMES.contains(name.toLowerCase(Locale.ROOT));
  }

  private void requireFloat(ModelFunction function, Argument output) {
    switch (output.dtype()) {
      case DT_FLOAT, DT_DOUBLE, DT_HALF, DT_BFLOAT16 -> {}
      default ->
          throw refused(
              "this output of "
                  + function.path()
                  + " is of type "
                  + output.dtype()
                  + ", which has no gradient; expected a loss of floating-point numbers. Name"
                  + " another output");
    }
  }

  private void requireLabels(ModelFunction function, Argument labels) {
    String input = "input '" + InputMapping.lastPart(labels.name()) + "' of " + function.path();
    String remedy =
        ". Save the function with such labels, or name another input with --inputs labels=NAME";
    boolean classes =
        switch (labels.dtype()) {
          case DT_INT32, DT_INT64 -> true;
          case DT_FLOAT, DT_DOUBLE -> false;
          default ->
              throw refused(
                  input
                      + " is of type "
                      + labels.dtype()
                      + "; expected int32 or int64 for classes, or float32 or float64 for numbers"
                      + remedy);
        };
    int rank = labels.shape().numDimensions();
    boolean perExample = rank == 1 || (rank == 2 && labels.shape().get(1) == 1);
    if (!perExample && !(classes && rank == 2)) {
      throw refused(
          input
              + " has "
              + (rank < 0 ? "an unknown shape" : "the shape " + labels.shape())
              + "; expected "
              + (classes
                  ? "[batch, length] for a class per token, or [batch] for one per example"
                  : "[batch] for a number per example")
              + remedy);
    }
  }

  /** In the function itself if it has such an output, else in one that serves. */
  private Optional<LossFunction.Prediction> prediction(ModelFunction function) throws IOException {
    List<ModelFunction> others = new ArrayList<>();
    for (ModelFunction signature : contents.signatures()) {
      if (!signature.path().equals(function.path())) {
        others.add(isServingDefault(signature) ? 0 : others.size(), signature);
      }
    }
    if (config.output().isPresent()) {
      return Optional.of(named(function, others, config.output().get()));
    }
    List<Argument> own =
        results(function).stream().filter(result -> !result.name().equals(loss)).toList();
    if (own.size() == 1) {
      return Optional.of(new LossFunction.Prediction(function, own.get(0), false));
    }
    boolean serves =
        !others.isEmpty() && isServingDefault(others.get(0)) && results(others.get(0)).size() == 1;
    return serves
        ? Optional.of(
            new LossFunction.Prediction(
                evaluating(others.get(0)), results(others.get(0)).get(0), false))
        : Optional.empty();
  }

  private LossFunction.Prediction named(
      ModelFunction function, List<ModelFunction> others, String name) throws IOException {
    Optional<Argument> own = output(function, name);
    if (own.isPresent()) {
      return new LossFunction.Prediction(function, own.get(), true);
    }
    for (ModelFunction other : others) {
      Optional<Argument> found = output(other, name);
      if (found.isPresent()) {
        return new LossFunction.Prediction(evaluating(other), found.get(), true);
      }
    }
    throw refused(
        "no signature has the output '"
            + name
            + "' of --output; there are "
            + outputs(contents.signatures())
            + ". Name one with the predictions, or leave --output out");
  }

  private static boolean isServingDefault(ModelFunction function) {
    return function.name().equals(SavedModelContents.SERVING_DEFAULT);
  }

  /** The form of a signature that evaluates. */
  private ModelFunction evaluating(ModelFunction signature) throws IOException {
    return TrainingFunctions.choose(contents, Optional.of(signature.path())).evaluation();
  }

  private static List<Argument> results(ModelFunction function) {
    return function.results().stream().map(function.outputs()::get).toList();
  }

  private static Optional<Argument> output(ModelFunction function, String name) {
    return results(function).stream().filter(result -> result.name().equals(name)).findFirst();
  }

  private static String outputs(List<ModelFunction> functions) {
    return String.join(
        ", ",
        functions.stream()
            .map(function -> function.path() + " " + show(results(function)))
            .toList());
  }

  private static List<String> show(List<Argument> arguments) {
    return arguments.stream()
        .map(one -> InputMapping.lastPart(one.name()) + " " + one.dtype() + " " + one.shape())
        .toList();
  }

  private ModelException refused(String what) {
    return new ModelException(
        contents.file() + ": " + LossConfig.OPTION + " " + loss + ": " + what + ".");
  }
}
