package dev.belay.train.step;

import dev.belay.train.data.batch.BatchColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Output;
import org.tensorflow.Tensor;

/** Owns the tensors that one run is fed with. */
final class Feeds implements AutoCloseable {
  private final GraphRun runner;
  private final List<Tensor> tensors = new ArrayList<>();

  Feeds(GraphRun runner) {
    this.runner = runner;
  }

  GraphRun runner() {
    return runner;
  }

  void columns(Map<String, Output<?>> inputs, Map<String, BatchColumn> columns) {
    inputs.forEach(
        (name, input) ->
            put(
                input,
                BatchTensors.of(
                    columns.get(name), input.dataType(), input.shape().numDimensions())));
  }

  /** Feeds columns, and tensors of a state, which keeps them; other inputs have defaults. */
  void columns(Map<String, Output<?>> inputs, Map<String, BatchColumn> columns, CallState state) {
    inputs.forEach(
        (name, input) -> {
          if (columns.containsKey(name)) {
            columns(Map.of(name, input), columns);
          } else {
            state.get(name).ifPresent(tensor -> runner.feed(input, tensor));
          }
        });
  }

  void labels(Output<?> labels, BatchColumn column) {
    put(labels, BatchTensors.of(column, labels.dataType(), labels.shape().numDimensions()));
  }

  void put(Output<?> input, Tensor tensor) {
    tensors.add(tensor);
    runner.feed(input, tensor);
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::close);
  }
}
