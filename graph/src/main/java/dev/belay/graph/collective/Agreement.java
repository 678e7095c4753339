package dev.belay.graph.collective;

import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;

/**
 * Owns a small graph by which workers exchange numbers between steps. Close it after its session.
 *
 * @param mine placeholder of what this worker says, [{@link #NUMBERS}]
 * @param sum over all workers
 */
public record Agreement(Graph graph, Output<?> mine, Output<?> sum) implements AutoCloseable {
  /** Numbers of one exchange. */
  public static final int NUMBERS = 4096;

  /** Another group than that of the gradients, since it is always on CPUs. */
  private static final int GROUP_KEY = 2;

  private static final int KEY = 1;

  /** A graph for a number of workers. */
  public static Agreement of(int workers, float timeoutSeconds) {
    Graph graph = new Graph();
    Ops tf =
        Ops.create(graph)
            .withDevice(
                DeviceSpec.newBuilder()
                    .deviceType(DeviceSpec.DeviceType.CPU)
                    .deviceIndex(0)
                    .build());
    Operand<TInt32> mine = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(NUMBERS)));
    Operand<TInt32> sum = new Collective(workers, GROUP_KEY, timeoutSeconds).sum(tf, mine, KEY);
    return new Agreement(graph, mine.asOutput(), sum.asOutput());
  }

  @Override
  public void close() {
    graph.close();
  }
}
