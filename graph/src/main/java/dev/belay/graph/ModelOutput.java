package dev.belay.graph;

import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.ModelLosses;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.stage.CachedGradient;
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
 * @param cache where the loss reads rows that earlier passes computed
 */
record ModelOutput(Operand<?> output, LossTensors loss, Optional<CachedGradient.Rows> cache) {

  /** The loss of the rows of several passes, of which this one computes a part. */
  static ModelOutput ofSeveralPasses(
      Ops tf, ForwardPass forward, Optional<AttachedHead> head, Loss loss, Operand<TInt64> step) {
    Operand<TFloat32> part =
        head.<Operand<TFloat32>>map(layers -> layers.train(tf, forward.output(), step))
            .orElseGet(() -> forward.output().expect(TFloat32.class));
    CachedGradient.Rows rows = CachedGradient.rows(tf.withSubScope("cache"), part);
    return new ModelOutput(
        part, loss.build(tf.withSubScope(NodeNames.LOSS), rows.all()), Optional.of(rows));
  }

  static ModelOutput inTraining(
      Ops tf, ForwardPass forward, Optional<AttachedHead> head, Loss loss, Operand<TInt64> step) {
    ModelOutput ofTask = ofTask(tf, forward.output(), head, loss, step);
    return new ModelOutput(
        ofTask.output(),
        ModelLosses.add(tf.withSubScope(NodeNames.LOSS), ofTask.loss(), forward.losses()),
        Optional.empty());
  }

  private static ModelOutput ofTask(
      Ops tf, Output<?> features, Optional<AttachedHead> head, Loss loss, Operand<TInt64> step) {
    Ops inLoss = tf.withSubScope(NodeNames.LOSS);
    if (head.isEmpty()) {
      return new ModelOutput(features, loss.build(inLoss, features), Optional.empty());
    }
    AttachedHead layers = head.get();
    if (!layers.ofTokens()) {
      Operand<TFloat32> output = layers.train(tf, features, step);
      return new ModelOutput(output, loss.build(inLoss, output), Optional.empty());
    }
    LossTensors counted =
        loss.build(inLoss, features, rows -> layers.train(tf, rows.asOutput(), step));
    return new ModelOutput(
        counted.choices().<Operand<?>>map(LossTensors.Choices::logits).orElse(features),
        counted,
        Optional.empty());
  }
}
