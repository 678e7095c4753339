package dev.belay.train.step;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.replica.Replicas;
import dev.belay.graph.search.NodeNames;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/**
 * Owns a session on a model's graph that computes the outputs of its calls on a small batch of
 * dummy rows, before anything is trained. Close it before the graph.
 */
public final class CallProbe implements AutoCloseable {
  private static final MachineConfig CPU =
      new MachineConfig("cpu", OptionalInt.of(1), MachineConfig.defaults().seed());

  private final Ops tf;
  private final GraphSession session;

  private CallProbe(Ops tf, GraphSession session) {
    this.tf = tf;
    this.session = session;
  }

  /**
   * A session with the model's values.
   *
   * @throws IOException if values cannot be read
   */
  public static CallProbe open(Graph graph, ForwardModel forward, StepRunner.ValueSource values)
      throws IOException {
    GraphSession session = DirectSession.open(graph, SessionOptions.of(CPU, Precision.FP32, graph));
    try {
      if (!forward.initializers().isEmpty()) {
        GraphRun runner = session.runner();
        forward.initializers().forEach((Operation fill) -> runner.addTarget(fill));
        runner.run().close();
      }
      new VariableMemory(session, Replicas.single(graph), Map.of())
          .assign(forward.variables().all(), values);
      return new CallProbe(Ops.create(graph).withSubScope(NodeNames.PROBE), session);
    } catch (Throwable e) {
      session.close();
      throw e;
    }
  }

  /**
   * Asks a call.
   *
   * @param outputs of a floating-point type
   * @param rows number of rows of the table in which an input of whole numbers is looked up, by the
   *     input's name; such an input gets no others
   * @return the elements of each output
   */
  public List<float[]> ask(ForwardCall call, List<String> outputs, Map<String, Integer> rows) {
    try (Feeds feeds = new Feeds(session.runner())) {
      call.inputs()
          .forEach(
              (name, input) ->
                  feeds.put(input, ProbeRows.of(input.dataType(), input.shape(), rows.get(name))));
      for (String output : outputs) {
        feeds.runner().fetch(float32(call.output(output)));
      }
      try (FetchedTensors result = feeds.runner().run()) {
        return outputs.stream()
            .map(output -> NativeTensors.floats(result.get(outputs.indexOf(output))))
            .toList();
      }
    }
  }

  private Output<?> float32(Output<?> output) {
    return output.type().equals(TFloat32.class)
        ? output
        : tf.dtypes.cast(output.expect(TNumber.class), TFloat32.class).asOutput();
  }

  @Override
  public void close() {
    session.close();
  }
}
