package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;

/** One graph, thresholds that change between its runs. */
class ThresholdTest {

  private static GraphVariable variable(Variables variables, String name, Shape shape) {
    return variables.create(new VariableSpec(name, DataType.DT_FLOAT, shape, true));
  }

  @ParameterizedTest
  @ValueSource(floats = {0x1p-99f, 0x1p-33f, 1, 0x1p31f, 0x1p62f})
  void theVariableClipsAsAConstantWouldAndNoneChangesNoBit(float size) {
    float[] values = {0.3f * size, -0.7f * size, 0, 0.123456f * size};
    assertSameClip(values, new GlobalNormClip(0.5), GlobalNormClip::new, true);
    assertSameClip(values, new NormClip(0.5), NormClip::new, false);
    assertSameClip(values, new ValueClip(0.5), ValueClip::new, true);
  }

  private static void assertSameClip(
      float[] values, ClipRule fixed, Function<Threshold, ClipRule> rule, boolean passes) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(tf);
      Slots slots = new Slots(tf);
      GraphVariable weight = variable(variables, "weight", Shape.of(4));
      GraphVariable threshold = variable(variables, "threshold", Shape.scalar());
      List<Gradient> gradients = List.of(new Gradient(weight, tf.constant(values)));
      Clipped varying = rule.apply(Threshold.of(threshold)).apply(tf, slots, gradients);
      Clipped constant = fixed.apply(tf, slots, gradients);

      assign(session, threshold, 0.5f);
      assertArrayEquals(gradient(session, constant), gradient(session, varying));
      if (!passes) {
        return;
      }
      assign(session, threshold, Threshold.NONE);
      assertArrayEquals(values, gradient(session, varying));
      try (Result result = session.runner().fetch(varying.scale()).run()) {
        assertEquals(1f, TensorData.scalar(result.get(0)));
      }
    }
  }

  private static void assign(Session session, GraphVariable variable, float value) {
    try (Tensor tensor = TensorData.of(Shape.scalar(), value)) {
      session.runner().feed(variable.newValue(), tensor).addTarget(variable.assign()).run();
    }
  }

  private static float[] gradient(Session session, Clipped clipped) {
    try (Result result = session.runner().fetch(clipped.gradients().get(0).value()).run()) {
      return TensorData.floats(result.get(0));
    }
  }
}
