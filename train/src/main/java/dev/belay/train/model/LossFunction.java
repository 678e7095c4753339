package dev.belay.train.model;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.train.config.ModelConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The function of a SavedModel that computes the loss from inputs and labels, and the one that
 * predicts.
 *
 * @param training to train through
 * @param evaluation to evaluate through; the same unless the model has a switch
 * @param output the loss
 * @param labels the input with the labels
 * @param labelPadding class that the model gets in place of -100; empty: -100
 * @param prediction what the model predicts; empty if nothing was found
 */
record LossFunction(
    ModelFunction training,
    ModelFunction evaluation,
    Argument output,
    Argument labels,
    OptionalInt labelPadding,
    Optional<Prediction> prediction) {

  /**
   * The output with predictions.
   *
   * @param function the evaluation function of the loss, or another one
   * @param isNamed whether the user named it
   */
  record Prediction(ModelFunction function, Argument output, boolean isNamed) {}

  /** The functions of a model in one flat graph, those that a loss and predictions need. */
  static TraceChoice.Chosen chosen(ModelConfig config, SavedModelContents contents)
      throws IOException {
    LossFunction found = new LossFunctionFinder(contents, config).find();
    FlatModel model = found.inlined(config, contents);
    boolean same = found.training.equals(found.evaluation);
    if (!same || !draws(model)) {
      return found.in(model);
    }
    LossFunction apart = found.evaluatedApart();
    return apart.in(apart.inlined(config, contents));
  }

  private FlatModel inlined(ModelConfig config, SavedModelContents contents) throws IOException {
    Set<ModelFunction> all = new LinkedHashSet<>(List.of(training, evaluation));
    prediction.ifPresent(found -> all.add(found.function()));
    return FlatModel.of(
        contents,
        FunctionInliner.inline(contents, new ArrayList<>(all), TraceChoice.options(config)));
  }

  private TraceChoice.Chosen in(FlatModel model) {
    return new TraceChoice.Chosen(
        model,
        model.function(training),
        model.function(evaluation),
        List.of(),
        Optional.of(this),
        new ModelNotes());
  }

  /** Whether random numbers are drawn, as for dropout. */
  private static boolean draws(FlatModel model) {
    return model.flat().graphDef().getNodeList().stream()
        .anyMatch(node -> node.getOp().contains("Random"));
  }

  /** The same with nodes of its own for evaluations, from which dropout can be removed. */
  private LossFunction evaluatedApart() {
    ModelFunction apart =
        new ModelFunction(
            evaluation.path(),
            evaluation.functionName(),
            evaluation.inputs(),
            evaluation.outputs(),
            Optional.of(false));
    return new LossFunction(
        training,
        apart,
        output,
        labels,
        labelPadding,
        prediction.map(
            found ->
                found.function().equals(evaluation)
                    ? new Prediction(apart, found.output(), found.isNamed())
                    : found));
  }

  /** Whether each token has a label. */
  boolean isPerToken() {
    return labels.shape().numDimensions() == 2 && labels.shape().get(1) != 1;
  }

  /** Whether labels are classes, not numbers. */
  boolean hasClasses() {
    return switch (labels.dtype()) {
      case DT_INT32, DT_INT64 -> true;
      default -> false;
    };
  }
}
