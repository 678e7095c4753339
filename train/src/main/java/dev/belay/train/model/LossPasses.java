package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.loss.FinalSoftmax;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.OutputLoss;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.train.config.LossConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.task.OutputLossTask;
import dev.belay.train.task.OutputLossTask.Answer;
import dev.belay.train.task.Regression;
import dev.belay.train.task.SequenceClassification;
import dev.belay.train.task.Task;
import dev.belay.train.task.TokenClassification;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Passes of a SavedModel that computes its loss itself, in its graph. */
final class LossPasses {
  private final Graph graph;
  private final ForwardModel forward;
  private final ImportedModel model;
  private final LossFunction function;
  private final OutputLoss loss;

  /**
   * @throws ModelException if the loss is no scalar, [batch] or [batch, length]
   */
  LossPasses(Graph graph, ForwardModel forward, ImportedModel model) {
    this.graph = graph;
    this.forward = forward;
    this.model = model;
    this.function = model.loss().orElseThrow();
    Output<?> labels = graph.operationOrThrow(NodeNames.LABELS).output(0);
    this.loss = new OutputLoss(labels, rank());
  }

  /**
   * Passes of a model in a graph.
   *
   * @param trained the tensor that trains, for people
   * @param evaluated the tensor that is evaluated, for people
   */
  record Passes(
      ForwardPass training,
      ForwardPass evaluation,
      Task task,
      Loss loss,
      String trained,
      String evaluated) {}

  /** A prediction in the graph, with the task of its form. */
  private record Predicted(Output<?> output, Task labelled, Answer answer) {}

  Passes passes() {
    Ops tf = Ops.create(graph).withSubScope(NodeNames.PREFIX + "prediction");
    ForwardCall call = forward.call(FlatModel.callName(model.evaluation()));
    Output<?> computed = loss(model.evaluation());
    Optional<Predicted> predicted = function.prediction().flatMap(this::predicted);
    boolean decodes = predicted.map(found -> found.answer() == Answer.CLASSES).orElse(false);
    Operand<?> checked =
        decodes ? loss.requiringFit(tf, computed, predicted.get().output()) : computed;
    Output<?> output =
        predicted
            .<Output<?>>map(found -> decodes ? decoded(tf, found.output()) : found.output())
            .orElseGet(() -> column(tf, computed));
    return new Passes(
        new ForwardPass(forward.call(FlatModel.callName(model.training())), loss(model.training())),
        new ForwardPass(call, output, List.of(), Optional.of(checked.asOutput())),
        new OutputLossTask(
            predicted.map(Predicted::labelled).orElseGet(() -> labelled(OptionalInt.empty())),
            predicted.map(Predicted::answer).orElse(Answer.NOTHING),
            loss.isOfBatch(),
            true),
        loss,
        description(predicted),
        description(predicted));
  }

  private String description(Optional<Predicted> predicted) {
    return "output "
        + function.output().name()
        + " is the loss, of the labels in input "
        + InputMapping.lastPart(function.labels().name())
        + (predicted.isEmpty()
            ? "; no output with predictions was found, so the loss is the only metric"
            : "; predictions are in output " + function.prediction().get().output().name());
  }

  private Output<?> loss(FlatFunction of) {
    return forward.call(FlatModel.callName(of)).output(function.output().name());
  }

  /** The number of the loss's dimensions, as far as the file or the graph know it. */
  private int rank() {
    Shape shape = known(function.output(), loss(model.training()));
    int rank = shape.numDimensions();
    boolean fits =
        switch (rank) {
          case 0 -> true;
          case 1 -> shape.get(0) != 1;
          case 2 -> function.isPerToken() && shape.get(1) != 1;
          default -> false;
        };
    if (!fits) {
      throw refused(
          "has "
              + (shape.isUnknown() ? "an unknown shape" : "the shape " + shape)
              + "; expected a value for each example, [batch], "
              + (function.isPerToken() ? "one for each token, [batch, length], " : "")
              + "or a scalar. Return such a loss from the function, with its shape set by"
              + " tf.ensure_shape if TensorFlow does not know it, and save the model again");
    }
    return rank;
  }

  /** The shape that says more. */
  private static Shape known(Argument declared, Output<?> output) {
    return output.shape().isUnknown() ? declared.shape() : output.shape();
  }

  private ModelException refused(String what) {
    return new ModelException(
        model.contents().file()
            + ": "
            + LossConfig.OPTION
            + " "
            + function.output().name()
            + ": the output of "
            + model.training().source().path()
            + " "
            + what
            + ".");
  }

  private Optional<Predicted> predicted(LossFunction.Prediction prediction) {
    FlatFunction source = model.prediction().orElse(model.evaluation());
    Output<?> output = forward.call(FlatModel.callName(source)).output(prediction.output().name());
    Shape shape = known(prediction.output(), output);
    Optional<Predicted> found = form(output, shape);
    if (found.isEmpty() && prediction.isNamed()) {
      throw new ModelException(
          model.contents().file()
              + ": --output "
              + prediction.output().name()
              + ": this output of "
              + source.source().path()
              + " is of type "
              + output.dataType()
              + " and has "
              + (shape.isUnknown() ? "an unknown shape" : "the shape " + shape)
              + "; expected "
              + forms()
              + ", as the labels have it. Name another output, or leave --output out to have no"
              + " metrics but the loss.");
    }
    if (found.isPresent() && dependsOnLabels(output)) {
      throw new ModelException(
          model.contents().file()
              + ": --output "
              + prediction.output().name()
              + ": this output of "
              + source.source().path()
              + " depends on the labels, so it is no prediction; expected one that is computed from"
              + " the other inputs alone. Name another output with --output.");
    }
    return found;
  }

  private String forms() {
    return !function.hasClasses()
        ? "a number for each example, [batch]"
        : function.isPerToken()
            ? "decoded classes, integers [batch, length], or logits [batch, length, classes]"
            : "decoded classes, integers [batch], or logits [batch, classes]";
  }

  /** What an output predicts by its type and shape; empty if that is not what the labels are. */
  private Optional<Predicted> form(Output<?> output, Shape shape) {
    int rank = shape.numDimensions();
    int ofLabels = function.isPerToken() ? 2 : 1;
    boolean column = rank == 2 && shape.get(1) == 1;
    switch (output.dataType()) {
      case DT_INT32, DT_INT64 -> {
        boolean fits = function.hasClasses() && (rank == ofLabels && (ofLabels == 2 || !column));
        return fits
            ? Optional.of(new Predicted(output, labelled(OptionalInt.empty()), Answer.CLASSES))
            : Optional.empty();
      }
      case DT_FLOAT, DT_DOUBLE, DT_HALF, DT_BFLOAT16 -> {
        boolean fits = function.hasClasses() ? rank == ofLabels + 1 : rank == 1 || column;
        long last = rank < 1 ? Shape.UNKNOWN_SIZE : shape.get(rank - 1);
        OptionalInt classes =
            last == Shape.UNKNOWN_SIZE
                ? OptionalInt.empty()
                : OptionalInt.of(Math.toIntExact(last));
        return fits
            ? Optional.of(
                new Predicted(
                    FinalSoftmax.logitsBehind(output).orElse(output),
                    labelled(rank == 1 ? OptionalInt.empty() : classes),
                    Answer.LOGITS))
            : Optional.empty();
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  /** The task with the same labels. */
  private Task labelled(OptionalInt classes) {
    return !function.hasClasses()
        ? new Regression(classes)
        : function.isPerToken()
            ? new TokenClassification(classes)
            : new SequenceClassification(classes);
  }

  private static boolean dependsOnLabels(Output<?> output) {
    return Reachable.nearest(
            (GraphOperation) output.op(),
            Operations::sources,
            operation -> operation.name().equals(NodeNames.LABELS))
        .isPresent();
  }

  /** Classes as numbers of an answer of width 1, [B, T, 1] or [B, 1]. */
  static Output<?> decoded(Ops tf, Output<?> classes) {
    Operand<TFloat32> numbers = tf.dtypes.cast(classes, TFloat32.class);
    return tf.expandDims(numbers, tf.constant(-1)).asOutput();
  }

  private static Output<?> column(Ops tf, Output<?> loss) {
    return tf.reshape(tf.dtypes.cast(loss, TFloat32.class), tf.constant(new int[] {-1, 1}))
        .asOutput();
  }
}
