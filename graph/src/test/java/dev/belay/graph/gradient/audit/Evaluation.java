package dev.belay.graph.gradient.audit;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;

/** A graph in a session, with what is fed to it. Owns both; close it. */
final class Evaluation implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Ops tf = Ops.create(graph).withSubScope("trial");
  private final Scope scope = tf.scope();
  private final Map<String, Value> fed;

  Evaluation(GraphDef graphDef, Map<String, Value> fed) {
    this.fed = fed;
    graph.importGraphDef(graphDef);
  }

  Graph graph() {
    return graph;
  }

  /** The tensor that a GraphDef calls {@code node} or {@code node:1}. */
  Output<?> tensor(String name) {
    String[] parts = name.split(":");
    return graph
        .operationOrThrow(parts[0])
        .output(parts.length == 1 ? 0 : Integer.parseInt(parts[1]));
  }

  /** The same tensors as float64. */
  List<Output<?>> doubles(List<Output<?>> tensors) {
    List<Output<?>> doubles = new ArrayList<>();
    tensors.forEach(tensor -> doubles.add(cast(tensor, DataType.DT_DOUBLE)));
    return doubles;
  }

  Output<?> identity(Output<?> of) {
    return scope.opBuilder("Identity", "result").addInput(of).build().output(0);
  }

  /** Numbers in type and shape of a tensor. */
  Output<?> like(Output<?> tensor, double[] elements) {
    Output<?> flat = cast(tf.constant(elements).asOutput(), tensor.dataType());
    Output<?> shape = scope.opBuilder("Shape", "shape").addInput(tensor).build().output(0);
    return scope.opBuilder("Reshape", "like").addInput(flat).addInput(shape).build().output(0);
  }

  private Output<?> cast(Output<?> of, DataType to) {
    return scope.opBuilder("Cast", "cast").addInput(of).setAttr("DstT", to).build().output(0);
  }

  /** The elements of float64 tensors. */
  List<double[]> fetch(List<Output<?>> doubles) {
    List<Tensor> tensors = new ArrayList<>();
    Session.Runner runner = session.runner();
    fed.forEach(
        (name, value) -> {
          tensors.add(tensor(value));
          runner.feed(name, tensors.get(tensors.size() - 1));
        });
    doubles.forEach(runner::fetch);
    try (Result result = runner.run()) {
      List<double[]> values = new ArrayList<>();
      for (int i = 0; i < doubles.size(); i++) {
        values.add(TensorData.doubles(result.get(i)));
      }
      return values;
    } finally {
      tensors.forEach(Tensor::close);
    }
  }

  private static Tensor tensor(Value value) {
    return value.kind() == Kind.FED_INT32
        ? TensorData.of(
            value.shape(), Arrays.stream(value.elements()).mapToInt(e -> (int) e).toArray())
        : TensorData.of(value.shape(), value.elements());
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
