package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class FinalSoftmaxTest {

  @Test
  void knowsAnUnguardedLogarithmFromASafeOne() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> logits = tf.constant(new float[][] {{2f, -200f}});
      Operand<TFloat32> softmax = tf.nn.softmax(logits);
      Operand<TFloat32> unguarded = tf.identity(tf.math.log(tf.identity(softmax)));
      Operand<TFloat32> guarded =
          tf.math.log(tf.math.maximum(softmax, tf.constant(Float.MIN_NORMAL)));

      assertEquals(Optional.of(logits.asOutput()), FinalSoftmax.logitsBehind(softmax.asOutput()));
      assertTrue(FinalSoftmax.isItsLogarithm(unguarded.asOutput()));
      assertEquals(Optional.empty(), FinalSoftmax.logitsBehind(unguarded.asOutput()));
      assertFalse(FinalSoftmax.isItsLogarithm(guarded.asOutput()));
      assertFalse(FinalSoftmax.isItsLogarithm(tf.nn.logSoftmax(logits).asOutput()));
      assertFalse(FinalSoftmax.isItsLogarithm(softmax.asOutput()));
    }
  }
}
