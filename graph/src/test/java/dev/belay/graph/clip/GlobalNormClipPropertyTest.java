package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

class GlobalNormClipPropertyTest {
  private static final double BOUND = 1.5;

  @Property(tries = 100)
  void belowTheBoundNothingAboveItTheBoundTwiceIsOnce(
      @ForAll @Size(6) List<@FloatRange(min = -10, max = 10) Float> values,
      @ForAll @FloatRange(min = 0.01f, max = 1) float scale) {
    float[] before = new float[6];
    double norm = 0;
    for (int i = 0; i < 6; i++) {
      before[i] = values.get(i) * scale;
      norm += before[i] * (double) before[i];
    }
    norm = Math.sqrt(norm);
    float[] once = Clip.SHARED.run(before);
    float[] twice = Clip.SHARED.run(once);
    double after = 0;
    for (int i = 0; i < 6; i++) {
      after += once[i] * (double) once[i];
      if (norm < BOUND) {
        assertEquals(before[i], once[i], 1.2e-7 * Math.abs(before[i]));
      }
      assertEquals(once[i], twice[i], 5e-7 * Math.abs(once[i]));
      assertTrue(before[i] * once[i] >= 0, "the direction stays");
    }
    if (norm > BOUND) {
      assertEquals(BOUND, Math.sqrt(after), 1e-6);
    }
  }

  /** One graph for all tries; it lives as long as the tests do. */
  private static final class Clip {
    static final Clip SHARED = new Clip();

    private final Graph graph = new Graph();
    private final Session session = new Session(graph);
    private final Placeholder<TFloat32> first;
    private final Placeholder<TFloat32> second;
    private final Clipped clipped;

    Clip() {
      Ops tf = Ops.create(graph);
      first = tf.placeholder(TFloat32.class);
      second = tf.placeholder(TFloat32.class);
      clipped =
          new GlobalNormClip(BOUND)
              .apply(tf, List.of(new Gradient(null, first), new Gradient(null, second)));
    }

    float[] run(float[] x) {
      try (Tensor a = TensorData.of(Shape.of(2), x[0], x[1]);
          Tensor b = TensorData.of(Shape.of(2, 2), x[2], x[3], x[4], x[5]);
          Result result =
              session
                  .runner()
                  .feed(first, a)
                  .feed(second, b)
                  .fetch(clipped.gradients().get(0).value())
                  .fetch(clipped.gradients().get(1).value())
                  .run()) {
        float[] one = TensorData.floats(result.get(0));
        float[] two = TensorData.floats(result.get(1));
        return new float[] {one[0], one[1], two[0], two[1], two[2], two[3]};
      }
    }
  }
}
