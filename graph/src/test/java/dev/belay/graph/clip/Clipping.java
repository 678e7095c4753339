package dev.belay.graph.clip;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** A rule in a graph of its own, on gradients of some shapes, for tests. */
final class Clipping implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final List<GraphVariable> variables = new ArrayList<>();
  private final List<Placeholder<TFloat32>> inputs = new ArrayList<>();
  private final Clipped clipped;
  private final List<Op> writes;
  private final Ops tf = Ops.create(graph);

  /** A gradient by the name of its variable. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Named(String name, long... shape) {}

  /** What came out. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Outcome(float[][] gradients, float norm, float clippedNorm, float scale, boolean bites) {}

  Clipping(ClipRule rule, Named... named) {
    Variables all = new Variables(tf);
    List<Gradient> gradients = new ArrayList<>();
    for (Named each : named) {
      Shape shape = Shape.of(each.shape());
      variables.add(all.create(new VariableSpec(each.name(), DataType.DT_FLOAT, shape, true)));
      inputs.add(tf.placeholder(TFloat32.class, Placeholder.shape(shape)));
      gradients.add(
          new Gradient(variables.get(variables.size() - 1), inputs.get(inputs.size() - 1)));
    }
    Slots slots = new Slots(tf);
    Clipped bounded = rule.apply(tf, slots, gradients);
    // A session does not fetch what it is fed, which a rule may hand on.
    clipped =
        new Clipped(
            bounded.gradients().stream().map(g -> g.withValue(tf.identity(g.value()))).toList(),
            bounded.norm(),
            bounded.clippedNorm(),
            bounded.scale(),
            bounded.clipped(),
            bounded.memory());
    writes = clipped.memory().stream().map(memory -> memory.write(tf)).toList();
    slots.initializers().forEach(session::run);
  }

  Clipping weights(int index, float... values) {
    GraphVariable variable = variables.get(index);
    try (TFloat32 value = TensorData.of(variable.spec().shape(), values)) {
      session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
    }
    return this;
  }

  /** Clips, and remembers what the rule wants to remember. */
  Outcome run(float[]... values) {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    for (int i = 0; i < values.length; i++) {
      fed.add(TensorData.of(inputs.get(i).shape(), values[i]));
      runner.feed(inputs.get(i), fed.get(i));
    }
    clipped.gradients().forEach(gradient -> runner.fetch(gradient.value()));
    runner
        .fetch(clipped.norm())
        .fetch(clipped.clippedNorm())
        .fetch(clipped.scale())
        .fetch(clipped.clipped());
    writes.forEach(runner::addTarget);
    try (Result result = runner.run()) {
      float[][] gradients = new float[values.length][];
      for (int i = 0; i < values.length; i++) {
        gradients[i] = TensorData.floats(result.get(i));
      }
      return new Outcome(
          gradients,
          TensorData.scalar(result.get(values.length)),
          TensorData.scalar(result.get(values.length + 1)),
          TensorData.scalar(result.get(values.length + 2)),
          ((TBool) result.get(values.length + 3)).getBoolean());
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
