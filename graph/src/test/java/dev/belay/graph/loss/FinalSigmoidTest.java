package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class FinalSigmoidTest {

  @Test
  void softmaxOfBothLogitsIsTheSigmoid() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> logit = tf.constant(new float[][] {{2f}, {-30f}, {0f}});
      Operand<TFloat32> probability = tf.identity(tf.math.sigmoid(logit));
      Operand<TFloat32> both =
          FinalSigmoid.logitsBehind(tf, probability.asOutput())
              .orElseThrow()
              .expect(TFloat32.class);
      Operand<TFloat32> classes = tf.nn.softmax(both);
      try (Session session = new Session(graph);
          var result = session.runner().fetch(classes).fetch(probability).run()) {
        TFloat32 softmax = (TFloat32) result.get(0);
        TFloat32 sigmoid = (TFloat32) result.get(1);
        for (int row = 0; row < 3; row++) {
          float p = sigmoid.getFloat(row, 0);
          assertArrayEquals(
              new float[] {1 - p, p},
              new float[] {softmax.getFloat(row, 0), softmax.getFloat(row, 1)},
              1e-6f);
        }
      }
    }
  }

  @Test
  void severalIndependentOutputsAreNoPairOfClasses() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> logits = tf.constant(new float[][] {{1f, 2f}});
      Operand<TFloat32> outputs = tf.math.sigmoid(logits);
      assertEquals(Optional.empty(), FinalSigmoid.logitsBehind(tf, outputs.asOutput()));
      assertEquals(Optional.of(logits.asOutput()), FinalSigmoid.logitsBehind(outputs.asOutput()));
      assertEquals(Optional.empty(), FinalSigmoid.logitsBehind(logits.asOutput()));
    }
  }
}
