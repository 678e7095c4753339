package dev.belay.graph;

import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.ModelLosses;
import dev.belay.graph.search.NodeNames;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * Evaluation step inside a graph, on the variables of the training: forward and loss, no gradient,
 * no update. To predict, fetch the output alone; labels need not be fed then.
 *
 * @param inputs placeholders of the call, by the model's names
 * @param labels placeholder of the loss
 * @param output of the call or the head, float32, whatever precision the model uses
 * @param lossSum over what counts, scalar; to be added up over batches
 * @param weight number that count, scalar; to be added up over batches
 * @param choices predictions with their labels, for a choice between classes
 * @param right number of correct predictions, scalar; for a choice between classes
 */
public record EvaluationStep(
    Map<String, Output<?>> inputs,
    Output<?> labels,
    Operand<?> output,
    Operand<TFloat32> lossSum,
    Operand<TFloat32> weight,
    Optional<LossTensors.Choices> choices,
    Optional<Operand<TFloat32>> right) {

  private static Operand<?> float32(Ops tf, Operand<? extends TType> output) {
    return output.type().equals(TFloat32.class) ? output : tf.dtypes.cast(output, TFloat32.class);
  }

  /** Adds an evaluation to the graph that holds the model. */
  public static EvaluationStep build(
      Graph graph, ForwardPass forward, Optional<AttachedHead> head, Loss loss) {
    Ops tf = Ops.create(graph).withSubScope(NodeNames.EVALUATE);
    Operand<?> output =
        head.<Operand<?>>map(h -> h.evaluate(tf, forward.output())).orElse(forward.output());
    Ops inLoss = tf.withSubScope(NodeNames.LOSS);
    LossTensors ofTask =
        head.filter(AttachedHead::ofTokens)
            .map(
                h ->
                    loss.build(
                        inLoss, forward.output(), rows -> h.evaluate(inLoss, rows.asOutput())))
            .orElseGet(() -> loss.build(inLoss, head.isEmpty() ? forward.lossInput() : output));
    LossTensors tensors = ModelLosses.add(inLoss, ofTask, forward.losses());
    return new EvaluationStep(
        forward.call().inputs(),
        tensors.labels(),
        float32(tf, output),
        tensors.sum(),
        tensors.weight(),
        tensors.choices(),
        tensors.choices().map(choices -> choices.right(inLoss)));
  }
}
