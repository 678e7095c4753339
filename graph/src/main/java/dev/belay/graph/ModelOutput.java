package dev.belay.graph;

import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.ModelLosses;
import dev.belay.graph.search.NodeNames;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Output of a model in training, with its loss.
 *
 * @param output of the model or its head; of the counted tokens alone where only they are computed
 * @param loss of the output, plus the losses that the model's layers add
 */
record ModelOutput(Operand<?> output, LossTensors loss) {

  static ModelOutput inTraining(
      Ops tf, ForwardPass forward, Optional<AttachedHead> head, Loss loss, Operand<TInt64> step) {
    ModelOutput ofTask = ofTask(tf, forward.output(), head, loss, step);
    return new ModelOutput(
        ofTask.output(),
        ModelLosses.add(tf.withSubScope(NodeNames.LOSS), ofTask.loss(), forward.losses()));
  }

  private static ModelOutput ofTask(
      Ops tf, Output<?> features, Optional<AttachedHead> head, Loss loss, Operand<TInt64> step) {
    Ops inLoss = tf.withSubScope(NodeNames.LOSS);
    if (head.isEmpty()) {
      return new ModelOutput(features, loss.build(inLoss, features));
    }
    AttachedHead layers = head.get();
    if (!layers.ofTokens()) {
      Operand<TFloat32> output = layers.train(tf, features, step);
      return new ModelOutput(output, loss.build(inLoss, output));
    }
    LossTensors counted =
        loss.build(inLoss, features, rows -> layers.train(tf, rows.asOutput(), step));
    return new ModelOutput(
        counted.choices().<Operand<?>>map(LossTensors.Choices::logits).orElse(features), counted);
  }
}
