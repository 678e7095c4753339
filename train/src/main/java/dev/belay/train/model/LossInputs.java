package dev.belay.train.model;

import dev.belay.graph.imported.InputSources;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.train.config.LossConfig;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.failure.ModelException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/** Sources of the inputs of a model that computes its loss itself. */
final class LossInputs {
  private LossInputs() {}

  /**
   * Labels are fed once, and the function that predicts reads the inputs of the one that evaluates.
   *
   * @throws ModelException if it has an input that the other has not
   */
  static InputSources of(TraceChoice.Chosen chosen) {
    if (chosen.loss().isEmpty()) {
      return InputSources.NONE;
    }
    LossFunction loss = chosen.loss().get();
    Set<String> labels = new LinkedHashSet<>();
    for (FlatFunction function : List.of(chosen.training(), chosen.evaluation())) {
      labels.add(input(function, InputMapping.lastPart(loss.labels().name())).tensor());
    }
    Map<String, String> shared = new LinkedHashMap<>();
    if (chosen.prediction().isPresent()) {
      for (FlatTensor input : chosen.prediction().get().inputs()) {
        shared.put(input.tensor(), source(chosen, input, labels).tensor());
      }
    }
    OptionalInt padding = loss.labelPadding();
    return new InputSources(shared, List.copyOf(labels), padding);
  }

  private static FlatTensor input(FlatFunction function, String name) {
    return function.inputs().stream()
        .filter(input -> InputMapping.lastPart(input.name()).equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The input of the evaluation function of the same name, or else for the same feature. */
  private static FlatTensor source(
      TraceChoice.Chosen chosen, FlatTensor input, Set<String> labels) {
    String name = InputMapping.lastPart(input.name());
    List<FlatTensor> others =
        chosen.evaluation().inputs().stream()
            .filter(other -> !labels.contains(other.tensor()))
            .filter(other -> isText(other) == isText(input))
            .toList();
    Optional<FlatTensor> same =
        others.stream().filter(o -> InputMapping.lastPart(o.name()).equals(name)).findFirst();
    return same.or(
            () ->
                others.stream().filter(other -> feature(other).equals(feature(input))).findFirst())
        .orElseThrow(
            () ->
                new ModelException(
                    LossConfig.OPTION
                        + ": the predictions come from "
                        + chosen.prediction().get().source().path()
                        + ", whose input '"
                        + name
                        + "' the function with the loss, "
                        + chosen.evaluation().source().path()
                        + ", does not have; it has "
                        + others.stream().map(o -> InputMapping.lastPart(o.name())).toList()
                        + ". Save both with inputs of the same names, or name an output of the"
                        + " function with the loss with --output"));
  }

  private static boolean isText(FlatTensor input) {
    return input.dtype() == DataType.DT_STRING;
  }

  private static String feature(FlatTensor input) {
    return FeatureNames.canonical(InputMapping.lastPart(input.name()));
  }
}
