package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.UntrainableModelException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;

/** Losses that layers add to the loss of a task. */
class ModelLossesTest {

  /** A sum of 6 over 3 labels. */
  private static LossTensors task(Ops tf) {
    Operand<TFloat32> sum = tf.constant(6f);
    Operand<TFloat32> count = tf.constant(3f);
    Operand<TFloat32> weight = tf.identity(count);
    return new LossTensors(
        tf.placeholder(TFloat32.class).asOutput(),
        sum,
        weight,
        count,
        Losses.mean(tf, sum, weight),
        Optional.empty());
  }

  @Test
  void theyAreAddedToTheMeanWhateverTheirType() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> doubled = tf.constant(0.25);
      LossTensors all =
          ModelLosses.add(tf, task(tf), List.of(tf.constant(0.5f).asOutput(), doubled.asOutput()));
      try (Session session = new Session(graph);
          Result result = session.runner().fetch(all.mean()).fetch(all.sum()).run()) {
        assertEquals(2.75f, TensorData.scalar(result.get(0)), 1e-6f);
        assertEquals(8.25f, TensorData.scalar(result.get(1)), 1e-6f);
      }
    }
  }

  /** Of 12 labels in all these 3 are a quarter, and so is what they add. */
  @Test
  void aPartOfABatchAddsItsShare() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      LossTensors all = ModelLosses.add(tf, task(tf), List.of(tf.constant(0.5f).asOutput()));
      try (Session session = new Session(graph);
          Tensor whole = TFloat32.scalarOf(12);
          Result result = session.runner().feed(all.weight(), whole).fetch(all.mean()).run()) {
        assertEquals((6 + 3 * 0.5f) / 12, TensorData.scalar(result.get(0)), 1e-6f);
      }
    }
  }

  @Test
  void withoutAnyTheLossIsTheTasks() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      LossTensors task = task(tf);
      assertSame(task, ModelLosses.add(tf, task, List.of()));
    }
  }

  @Test
  void oneThatIsNoScalarIsRefusedByName() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> rows = tf.withName("rows").constant(new float[] {1, 2});
      LossTensors task = task(tf);
      String message =
          assertThrows(
                  UntrainableModelException.class,
                  () -> ModelLosses.add(tf, task, List.of(rows.asOutput())))
              .getMessage();
      assertTrue(
          message.startsWith(
                  "A loss that the model adds, rows, has the shape [2], where Keras adds")
              && message.endsWith("--model-losses off trains without such losses."),
          message);
    }
  }
}
