package dev.belay.train.step;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.train.data.batch.BatchColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Tensor;

/**
 * Owns tensors that one run of a pass makes and the next one reads, such as keys and values of
 * earlier tokens. They stay in TensorFlow's memory. Close it to free them.
 */
public final class CallState implements AutoCloseable {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** The tensor of that name, if a run made it. */
  Optional<Tensor> get(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** Takes over a tensor, and frees the one that had its name. */
  private void put(String name, Tensor tensor) {
    Tensor before = tensors.put(name, tensor);
    if (before != null) {
      before.close();
    }
  }

  /** Runs a pass: see {@link StepRunner#advance}. */
  List<float[]> advance(
      GraphRun run, ForwardCall call, Map<String, BatchColumn> columns, List<String> numbers) {
    List<String> made =
        call.outputs().keySet().stream().filter(name -> !numbers.contains(name)).toList();
    List<float[]> read = new ArrayList<>();
    try (Feeds feeds = new Feeds(run)) {
      feeds.columns(call.inputs(), columns, this);
      numbers.forEach(name -> run.fetch(call.output(name)));
      made.forEach(name -> run.fetch(call.output(name)));
      FetchedTensors fetched = run.run(); // each tensor is closed or kept
      for (int i = 0; i < numbers.size(); i++) {
        try (Tensor tensor = fetched.get(i)) {
          read.add(NativeTensors.floats(tensor));
        }
      }
      for (int i = 0; i < made.size(); i++) {
        put(made.get(i), fetched.get(numbers.size() + i));
      }
    }
    return read;
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
