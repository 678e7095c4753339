package dev.belay.train.step;

import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.proto.framework.ConfigProto;

/** Session in this process alone; owns TensorFlow's. */
record DirectSession(Session session) implements GraphSession {

  static DirectSession open(Graph graph, ConfigProto options) {
    return new DirectSession(new Session(graph, options));
  }

  @Override
  public GraphRun runner() {
    return new DirectRun(session.runner());
  }

  @Override
  public void close() {
    session.close();
  }

  /** One run of TensorFlow's own session. */
  record DirectRun(Session.Runner runner) implements GraphRun {
    @Override
    public GraphRun feed(Output<?> input, Tensor value) {
      runner.feed(input, value);
      return this;
    }

    @Override
    public GraphRun fetch(Operand<?> output) {
      runner.fetch(output);
      return this;
    }

    @Override
    public GraphRun addTarget(Operation operation) {
      runner.addTarget(operation);
      return this;
    }

    @Override
    public FetchedTensors run() {
      return FetchedTensors.of(runner.run());
    }
  }
}
